"""A sparse matrix that SciPy has saved: counts of words, one-hot codes, spectra with few lines."""

import zipfile
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import scipy.sparse
import torch
from sklearn.preprocessing import MaxAbsScaler

from spectral_exp.dataset.data import Data
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.dataset.row_files import read_feature_names, read_targets
from spectral_exp.dataset.scaling import warn_of_constants, with_scaling
from spectral_exp.dataset.sparse_rows import SparseRows
from spectral_exp.dataset.split_set import SplitSet
from spectral_exp.dataset.stored import existing_file
from spectral_exp.dataset.target import AskedTask, check_task, describe_target, target_tensor, tell_target
from spectral_exp.errors import UserError
from spectral_exp.functional.sparse import csr

SparseScaling = Literal["max_abs", "none"]


@dataclass(frozen=True)
class Sparse(SplitSet):
    """A sparse matrix in an `.npz` file, with the target of every row in another file.

    The rows stay sparse in memory and through the first layer. So they are scaled without being centred.

    Attributes:
        path: the matrix, from `scipy.sparse.save_npz`, shape (n_rows, n_features).
        targets: the target of every row: `.npy`, or `.txt` with one per line.
        feature_names: a text file with one name per column; None to number them.
        task: `classification`, `regression`, or `auto`, as for `Tabular`.
        scaling: `max_abs` (every input divided by its largest size over the training rows) or `none`.

    Raises:
        ValueError: if a value is out of range.
    """

    path: str
    targets: str
    feature_names: str | None = None
    task: AskedTask = "auto"
    _: KW_ONLY
    scaling: SparseScaling = "max_abs"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_task(self.task)
        if self.scaling not in get_args(SparseScaling):
            raise ValueError(f"scaling must be max_abs or none, which leave zeros as they are, got {self.scaling!r}")

    def load(self) -> Data:
        """Read, check, split and scale the matrix.

        Returns:
            The data, its rows sparse.

        Raises:
            UserError: if a file cannot be used; the message names it.
        """
        matrix = self._read_matrix()
        n_rows, n_features = matrix.shape
        name = Path(self.path).stem
        names = tuple(read_feature_names(self.feature_names, n_features))
        target = tell_target(read_targets(self.targets, n_rows), self.task, self.targets)
        split = self.split.rows(name, n_rows, target.classes, target.class_names)
        info = DatasetInfo(name, target.task, names, shape=(n_features,), class_names=target.class_names)
        info = describe_target(info, target.values[split.train])
        largest = MaxAbsScaler().fit(matrix[split.train])
        warn_of_constants(names, largest.max_abs_ == 0, self.path)
        if self.scaling == "max_abs":
            info = with_scaling(info, largest)
            matrix = scipy.sparse.csr_array(largest.transform(matrix))

        targets = target_tensor(info, target.values)
        train, val, test = (
            SparseRows(_to_torch(matrix[rows]), targets[rows]) for rows in (split.train, split.val, split.test)
        )
        return Data(info, train, val, test)

    def _read_matrix(self) -> Any:
        file = existing_file(self.path, (".npz",))
        try:
            with file.open("rb") as content:  # opened here, because SciPy leaves a damaged file open
                matrix = scipy.sparse.csr_array(scipy.sparse.load_npz(content))
        except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
            reason = str(error).splitlines()[0]
            raise UserError(f"{self.path} holds no sparse matrix of scipy.sparse.save_npz: {reason}") from error
        if matrix.ndim != 2 or 0 in matrix.shape or matrix.dtype.kind not in "fiub":
            raise UserError(
                f"{self.path}: expected numbers of shape (rows, columns), got {matrix.dtype} of shape {matrix.shape}"
            )
        matrix.sum_duplicates()
        matrix = matrix.astype(np.float32)
        if not np.isfinite(matrix.data).all():
            place = int(np.isfinite(matrix.data).argmin())
            row = int(np.searchsorted(matrix.indptr, place, side="right"))
            raise UserError(
                f"{self.path}: row {row}, column {matrix.indices[place] + 1}: {matrix.data[place]} is no number; "
                "correct it before"
            )
        return matrix


def _to_torch(matrix: Any) -> torch.Tensor:
    starts, columns = (torch.from_numpy(values.astype(np.int64)) for values in (matrix.indptr, matrix.indices))
    return csr(starts, columns, torch.from_numpy(matrix.data), matrix.shape[1])
