"""A matrix that NumPy has saved, read row by row or column by column without being loaded."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, Shaped

from spectral_exp.dataset.row_files import read_feature_names, read_targets
from spectral_exp.dataset.stored import StoredMatrix, even_chunks, existing_file
from spectral_exp.dataset.streamed import Streamed
from spectral_exp.dataset.table_columns import Column
from spectral_exp.errors import UserError


class NpyMatrix(StoredMatrix):
    """A matrix in a `.npy` file.

    Args:
        path: the file.
        feature_names: a text file with one name per column; None to number them.

    Raises:
        UserError: if it is no whole matrix of numbers, row by row.
    """

    def __init__(self, path: str, feature_names: str | None = None) -> None:
        file = existing_file(path, (".npy",))
        try:
            with file.open("rb") as content:
                version = np.lib.format.read_magic(content)
                read_header = np.lib.format.read_array_header_1_0
                if version != (1, 0):
                    read_header = np.lib.format.read_array_header_2_0
                shape, is_fortran, dtype = read_header(content)
                self._begin = content.tell()
        except (ValueError, OSError, EOFError) as error:
            raise UserError(f"{path} is no .npy file: {str(error).splitlines()[0]}") from error
        if len(shape) != 2 or 0 in shape or dtype.kind not in "fiub":
            raise UserError(f"{path}: expected numbers of shape (rows, columns), got {dtype} of shape {shape}")
        if is_fortran:
            raise UserError(
                f"{path} is stored by columns: save it again with numpy.save(..., numpy.ascontiguousarray(x))"
            )
        n_rows, n_columns = shape
        row_bytes = n_columns * dtype.itemsize
        expected, found = self._begin + n_rows * row_bytes, file.stat().st_size
        if found < expected:
            raise UserError(f"{path} is cut short: it has {found} bytes, {n_rows} rows take {expected}")
        super().__init__(path, read_feature_names(feature_names, n_columns), dtype, even_chunks(n_rows, row_bytes))
        self._file = file
        self._stored_dtype = dtype

    def span(self, chunk: int) -> tuple[int, int]:
        row_bytes = len(self.names) * self._stored_dtype.itemsize
        start, end = (int(row) * row_bytes for row in self.chunk_starts[chunk : chunk + 2])
        return self._begin + start, end - start

    def read(self, chunk: int, columns: Int[np.ndarray, " n_kept"] | None, out: Shaped[np.ndarray, "_ _"]) -> None:
        begin, n_bytes = self.span(chunk)
        if columns is not None:
            # Mapped anew every time: the pages leave this process's memory with the map.
            out[:] = np.memmap(self._file, self._stored_dtype, "r", begin, (len(out), len(self.names)))[:, columns]
        elif self._stored_dtype == out.dtype:
            with self._file.open("rb") as content:
                content.seek(begin)
                if content.readinto(out.data) < n_bytes:
                    raise UserError(f"{self.path} was cut short while it was read")
        else:
            flat = np.fromfile(self._file, self._stored_dtype, out.size, offset=begin)
            out[:] = flat.reshape(out.shape)


@dataclass(frozen=True)
class Npy(Streamed):
    """A matrix in a `.npy` file, with the target of every row in another file.

    Rows of a mebibyte and more are shuffled without bounds; others as in `StreamedRows`. Of inputs that have
    left, only the pages that hold others are read.

    Attributes:
        path: the matrix, shape (n_rows, n_features), of any type of number.
        targets: the target of every row: `.npy`, or `.txt` with one per line.
        feature_names: a text file with one name per column; None to number them.
    """

    targets: str
    feature_names: str | None = None

    def open(self) -> tuple[StoredMatrix, Column]:
        stored = NpyMatrix(self.path, self.feature_names)
        return stored, read_targets(self.targets, stored.n_rows)
