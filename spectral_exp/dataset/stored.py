"""Matrices in files that are read by chunks of neighbouring rows, never as a whole."""

import math
import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Int, Shaped

from spectral_exp.errors import UserError

CHUNK_BYTES = 1 << 20  # read at once where the file does not say: a disk is as fast as it gets, a shuffle still good

# What torch can gather rows of as it is; all else is read as float64.
KEPT_TYPES = ("float32", "float64", "float16", "uint8", "int8", "int16")


class StoredMatrix(ABC):
    """A matrix in a file, one row per row of data.

    Args:
        path: the file, for messages.
        names: of the columns.
        dtype: what the columns are stored as.
        chunk_starts: the first row of every chunk, and the number of rows.

    Attributes:
        dtype: what the columns are read as.
    """

    def __init__(
        self, path: str, names: Sequence[str], dtype: np.dtype, chunk_starts: Int[np.ndarray, " n_chunks_1"]
    ) -> None:
        self.path = path
        self.names = tuple(names)
        self.dtype = dtype.newbyteorder("=") if dtype.name in KEPT_TYPES else np.dtype(np.float64)
        self.chunk_starts = chunk_starts

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.chunk_starts[-1])

    @property
    def row_bytes(self) -> int:
        """Bytes of a row as it is read."""
        return len(self.names) * self.dtype.itemsize

    @abstractmethod
    def read(self, chunk: int, columns: Int[np.ndarray, " n_kept"] | None, out: Shaped[np.ndarray, "_ _"]) -> None:
        """Read a chunk.

        Args:
            chunk: its number.
            columns: which columns; None for all.
            out: where to, shape (rows of the chunk, columns), contiguous.

        Raises:
            UserError: if the file is damaged there.
        """

    def span(self, chunk: int) -> tuple[int, int] | None:
        """Tell where a chunk lies in the file.

        Args:
            chunk: its number.

        Returns:
            Its first byte and how many it takes; None if the file does not say.
        """
        return None

    def announce(self, chunks: Int[np.ndarray, " n_chunks"]) -> None:
        """Tell the system which chunks are read next, so that the disk need not wait for one to ask for another.

        Args:
            chunks: their numbers, in the order of reading.
        """
        spans = [span for chunk in chunks if (span := self.span(int(chunk))) is not None]
        if not spans or not hasattr(os, "posix_fadvise"):  # not everywhere
            return
        with Path(self.path).expanduser().open("rb", buffering=0) as content:
            for begin, length in spans:
                if length > 0:  # 0 stands for all that follows
                    os.posix_fadvise(content.fileno(), begin, length, os.POSIX_FADV_WILLNEED)


def even_chunks(n_rows: int, row_bytes: int, multiple: int = 1) -> Int[np.ndarray, " n_chunks_1"]:
    """Cut a matrix into chunks of about a mebibyte.

    Args:
        n_rows: number of rows.
        row_bytes: bytes of a row.
        multiple: of so many rows, the last chunk excepted.

    Returns:
        The first row of every chunk, and the number of rows.

    Example:
        >>> even_chunks(5, row_bytes=1 << 19).tolist()
        [0, 2, 4, 5]
    """
    rows = multiple * max(1, math.floor(CHUNK_BYTES / row_bytes / multiple))
    return np.append(np.arange(0, n_rows, rows), n_rows)


def existing_file(path: str, suffixes: Sequence[str], key: str = "path") -> Path:
    """Refuse a path that leads to no file of the right kind.

    Args:
        path: as the user gave it.
        suffixes: what its name may end in.
        key: where it was given.

    Returns:
        The file.

    Raises:
        UserError: if it is not there, or of another kind.
    """
    file = Path(path).expanduser()
    if not file.is_file():
        what = "is a folder, expected a file" if file.is_dir() else "does not exist"
        raise UserError(f"{path} {what}: check dataset.{key} (seen from {Path.cwd()})")
    if file.suffix.lower() not in suffixes:
        found = file.suffix or "a file without suffix"
        raise UserError(f"{path}: dataset.{key} cannot be {found}, expected {' or '.join(suffixes)}")
    return file
