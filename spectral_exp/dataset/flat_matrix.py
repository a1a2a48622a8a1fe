"""A matrix that lies in a file as it would in memory."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Int, Shaped

from spectral_exp.dataset.stored import StoredMatrix, even_chunks
from spectral_exp.errors import UserError


class FlatMatrix(StoredMatrix):
    """A matrix whose values follow each other in a file, row by row: read without any library in between.

    Args:
        path: the file.
        names: of the columns.
        dtype: of the values in the file.
        begin: the byte at which they start.
        n_rows: number of rows.
    """

    def __init__(self, path: str, names: Sequence[str], dtype: np.dtype, begin: int, n_rows: int) -> None:
        self._file = Path(path).expanduser()
        self._stored_dtype = dtype
        self._begin = begin
        self._stored_row_bytes = len(names) * dtype.itemsize
        super().__init__(path, names, dtype, even_chunks(n_rows, self._stored_row_bytes))

    def span(self, chunk: int) -> tuple[int, int]:
        start, end = (int(row) * self._stored_row_bytes for row in self.chunk_starts[chunk : chunk + 2])
        return self._begin + start, end - start

    def read(self, chunk: int, columns: Int[np.ndarray, " n_kept"] | None, out: Shaped[np.ndarray, "_ _"]) -> None:
        begin, length = self.span(chunk)
        shape = len(out), len(self.names)
        if columns is not None:
            # Mapped anew every time: the pages leave this process's memory with the map.
            out[:] = np.memmap(self._file, self._stored_dtype, "r", begin, shape)[:, columns]
        elif self._stored_dtype == out.dtype:
            self._read_into(out, begin)
        else:
            values = np.empty(shape, self._stored_dtype)
            self._read_into(values, begin)
            out[:] = values

    def _read_into(self, values: Shaped[np.ndarray, "_ _"], begin: int) -> None:
        left = memoryview(values.reshape(-1).view(np.uint8))
        with self._file.open("rb", buffering=0) as content:
            content.seek(begin)
            while left:
                n_read = content.readinto(left)
                if not n_read:
                    raise UserError(f"{self.path} was cut short while it was read")
                left = left[n_read:]
