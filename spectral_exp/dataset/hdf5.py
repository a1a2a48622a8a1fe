"""A matrix in an HDF5 file."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int, Shaped

from spectral_exp.dataset.feature_names import numbered_names
from spectral_exp.dataset.row_files import check_names, target_column
from spectral_exp.dataset.stored import StoredMatrix, even_chunks, existing_file
from spectral_exp.dataset.streamed import Streamed
from spectral_exp.dataset.table_columns import Column
from spectral_exp.errors import UserError

SUFFIXES = (".h5", ".hdf5", ".hdf", ".he5")


class HDF5Matrix(StoredMatrix):
    """A matrix in an open HDF5 file.

    Args:
        path: the file, for messages.
        matrix: the h5py data set.
        names: of its columns.
    """

    def __init__(self, path: str, matrix: Any, names: tuple[str, ...]) -> None:
        n_rows, n_columns = matrix.shape
        stored_rows = matrix.chunks[0] if matrix.chunks else 1
        self._row_bytes = n_columns * matrix.dtype.itemsize
        starts = even_chunks(n_rows, self._row_bytes, multiple=stored_rows)
        super().__init__(path, names, matrix.dtype, starts)
        self._matrix = matrix
        self._begin = None if matrix.external else matrix.id.get_offset()  # of a matrix in pieces there is none

    def span(self, chunk: int) -> tuple[int, int] | None:
        if self._begin is None:
            return None
        start, end = (int(row) * self._row_bytes for row in self.chunk_starts[chunk : chunk + 2])
        return self._begin + start, end - start

    def read(self, chunk: int, columns: Int[np.ndarray, " n_kept"] | None, out: Shaped[np.ndarray, "_ _"]) -> None:
        rows = slice(int(self.chunk_starts[chunk]), int(self.chunk_starts[chunk + 1]))
        try:
            if columns is None:
                self._matrix.read_direct(out, np.s_[rows])
            else:  # HDF5 picks single columns far more slowly than it reads all
                out[:] = self._matrix[rows][:, columns]
        except OSError as error:
            reason = str(error).splitlines()[0]
            raise UserError(f"{self.path}: rows {rows.start} to {rows.stop} cannot be read: {reason}") from error


@dataclass(frozen=True)
class HDF5(Streamed):
    """A matrix in an HDF5 file, with the target of every row beside it.

    Attributes:
        path: the file.
        inputs: the matrix in it, shape (n_rows, n_features), such as `x` or `group/x`.
        targets: the target of every row in it, shape (n_rows,).
        feature_names: the names of the columns in it; None to number them.
    """

    inputs: str = "x"
    targets: str = "y"
    feature_names: str | None = None

    def open(self) -> tuple[StoredMatrix, Column]:
        try:
            import h5py
        except ImportError as error:
            raise UserError("dataset=hdf5 needs h5py: pip install 'spectral_exp[hdf5]'") from error
        file = existing_file(self.path, SUFFIXES)
        try:
            content = h5py.File(file, "r")
        except OSError as error:
            raise UserError(f"{self.path} is no whole HDF5 file: {str(error).splitlines()[0]}") from error
        matrix = self._find(content, "inputs", self.inputs)
        if matrix.ndim != 2 or 0 in matrix.shape or matrix.dtype.kind not in "fiu":
            raise UserError(
                f"{self.path}: dataset.inputs={self.inputs} must hold numbers of shape (rows, columns), got "
                f"{matrix.dtype} of shape {matrix.shape}"
            )
        values = self._find(content, "targets", self.targets)
        is_text = values.dtype.kind == "O"  # of any length; that of a fixed one comes as bytes
        column = target_column(values.asstr()[()].astype(str) if is_text else values[()], len(matrix), self.path)
        names = numbered_names(matrix.shape[1])
        if self.feature_names is not None:
            names = tuple(self._find(content, "feature_names", self.feature_names).asstr()[()])
            check_names(names, matrix.shape[1], self.path)
        return HDF5Matrix(self.path, matrix, names), column

    def _find(self, content: Any, key: str, name: str) -> Any:
        import h5py

        found = content.get(name)
        if isinstance(found, h5py.Dataset):
            return found
        held: list[str] = []
        content.visititems(lambda path, node: held.append(path) if isinstance(node, h5py.Dataset) else None)
        raise UserError(f"dataset.{key}: {self.path} holds no data set {name!r}; it holds {', '.join(held) or 'none'}")
