"""Where the files of a data set can be had; what all such places have in common."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, runtime_checkable

# Called with the bytes of one file that have arrived and, where it is known, how many there will be.
Progress = Callable[[int, "int | None"], None]

SILENCE_LIMIT = 10  # seconds without an answer after which a place counts as out of reach
CHUNK = 1 << 20  # bytes that are copied at a time


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
