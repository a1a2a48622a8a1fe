"""Fetch data sets once, whole or not at all, and read their files only if they are what they should be."""

import difflib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spectral_exp.dataset.registry import REGISTRY, Entry
from spectral_exp.dataset.source import Progress, SourceError
from spectral_exp.errors import UserError


def default_data_dir() -> Path:
    """Tell where data goes unless the user says otherwise.

    Returns:
        `$SPECTRAL_EXP_DATA`, or `.cache/spectral_exp` in the home folder.
    """
    chosen = os.environ.get("SPECTRAL_EXP_DATA")
    return Path(chosen) if chosen else Path.home() / ".cache" / "spectral_exp"


def entry(name: str) -> Entry:
    """Look a data set up.

    Args:
        name: its name.

    Returns:
        Its files and sources.

    Raises:
        UserError: if there is none of that name.
    """
    if name not in REGISTRY:
        near = difflib.get_close_matches(name, REGISTRY, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise UserError(f"no data set {name!r} can be fetched: {hint}There are: {', '.join(REGISTRY)}")
    return REGISTRY[name]


def is_fetched(name: str, data_dir: str | Path) -> bool:
    """Tell whether all files of a data set are there, without reading them.

    Args:
        name: the data set.
        data_dir: where fetched data lies.

    Returns:
        True if every file exists.
    """
    return all((Path(data_dir).expanduser() / name / file).is_file() for file in entry(name).files)


def read(name: str, file: str, data_dir: str | Path) -> bytes:
    """Read a file of a fetched data set and check its hash.

    Args:
        name: the data set.
        file: the name of the stored file.
        data_dir: where fetched data lies.

    Returns:
        The content.

    Raises:
        UserError: if the data was not fetched, or the file is not what it should be.
    """
    folder = Path(data_dir).expanduser()
    if not is_fetched(name, folder):
        option = "" if folder == default_data_dir() else f" --data-dir {folder}"
        raise UserError(f"{name} is not in {folder}; fetch it with: spectral-data fetch {name}{option}")
    content = (folder / name / file).read_bytes()
    if hashlib.sha256(content).hexdigest() != entry(name).files[file]:
        option = "" if folder == default_data_dir() else f" --data-dir {folder}"
        raise UserError(
            f"{folder / name / file} is damaged ({len(content)} bytes, wrong SHA-256); "
            f"fetch it again with: spectral-data fetch {name} --force{option}"
        )
    return content


def fetch(name: str, data_dir: str | Path, force: bool = False) -> str | None:
    """Bring a data set into the data folder, unless it is there and whole.

    Files are downloaded into a folder beside their place, checked, and then renamed one by one, so
    that a file in place is always whole, whenever this is interrupted. Concurrent calls wait.

    Args:
        name: the data set.
        data_dir: where fetched data lies; made if it is missing.
        force: fetch it even if it is there.

    Returns:
        The source it came from, or None if it was there.

    Raises:
        UserError: if the name is unknown, the folder cannot be written to, or no source could give
            the files.
    """
    from filelock import FileLock

    wanted = entry(name)
    folder = Path(data_dir).expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f".{name}.lock"):
            # Under the lock nobody else is downloading: what lies here was left by a killed call.
            for leftover in folder.glob(f".{name}.part-*"):
                shutil.rmtree(leftover)
            if not force and is_fetched(name, folder) and not damaged_files(wanted, folder / name):
                return None
            return download(name, wanted, folder)
    except (PermissionError, NotADirectoryError, FileExistsError) as error:
        raise UserError(
            f"cannot write to {folder} ({error.strerror}): choose another folder with --data-dir"
        ) from error


def download(name: str, wanted: Entry, folder: Path) -> str:
    """Ask the sources in turn and put the first whole set of files in place.

    Args:
        name: the data set.
        wanted: its files and sources.
        folder: the data folder.

    Returns:
        The source that gave the files.

    Raises:
        UserError: if no source could.
    """
    failures = []
    for source in wanted.sources:
        beside = Path(tempfile.mkdtemp(prefix=f".{name}.part-", dir=folder))
        try:
            (beside / "scratch").mkdir()
            (beside / "files").mkdir()
            with progress_bar(f"{name} from {source}") as progress:
                source.download(beside / "scratch", beside / "files", progress)
            damaged = damaged_files(wanted, beside / "files")
            if damaged:
                raise SourceError(f"{damaged[0]} is missing, cut or changed: its SHA-256 is wrong")
            (folder / name).mkdir(exist_ok=True)
            for file in wanted.files:
                (beside / "files" / file).replace(folder / name / file)
            return str(source)
        except SourceError as error:
            failures.append(f"{source}: {error}")
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    raise UserError(f"{name} could not be fetched. {'; '.join(failures)}")


def damaged_files(wanted: Entry, folder: Path) -> list[str]:
    """Compare files with their hashes.

    Args:
        wanted: the files and their hashes.
        folder: where they lie.

    Returns:
        The names of those that are missing or different.
    """
    damaged = []
    for file, expected in wanted.files.items():
        digest = hashlib.sha256()
        if (folder / file).is_file():
            with (folder / file).open("rb") as content:
                while chunk := content.read(1 << 20):
                    digest.update(chunk)
        if digest.hexdigest() != expected:
            damaged.append(file)
    return damaged


@contextmanager
def progress_bar(label: str) -> Iterator[Progress]:
    """Show on stderr how much has arrived; a moving bar where the client does not tell.

    Args:
        label: what is fetched from where.

    Yields:
        A function that takes the bytes of the present file that have arrived, and their total.
    """
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as ProgressBar

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    if not console.is_terminal:
        console.print(f"fetching {label}", soft_wrap=True)
    with ProgressBar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
