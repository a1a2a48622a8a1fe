"""What the data sets have in common whose inputs stay in a file."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, Shaped
from sklearn.preprocessing import StandardScaler

from spectral_exp.dataset.data import Data
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.dataset.scaling import SCALERS, Scaler, warn_of_constants, with_scaling
from spectral_exp.dataset.split_set import SplitSet
from spectral_exp.dataset.stored import StoredMatrix
from spectral_exp.dataset.streamed_rows import StreamedRows
from spectral_exp.dataset.table_columns import Column
from spectral_exp.dataset.target import AskedTask, check_task, describe_target, target_tensor, tell_target
from spectral_exp.errors import UserError

MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Streamed(SplitSet):
    """Inputs in a file that may be larger than memory, with the target of every row in memory.

    The file is read once before training, for the scaling, and then once per epoch; see `StreamedRows` for the order.

    Attributes:
        path: the file.
        task: `classification`, `regression`, or `auto`, as for `Tabular`.
        buffer_megabytes: memory for rows on their way from the file, in MiB.

    Raises:
        ValueError: if a value is out of range.
    """

    path: str
    _: KW_ONLY
    task: AskedTask = "auto"
    buffer_megabytes: int = 256

    def __post_init__(self) -> None:
        super().__post_init__()
        check_task(self.task)
        if self.buffer_megabytes < 1:
            raise ValueError(f"buffer_megabytes must be >= 1, got {self.buffer_megabytes}")

    @abstractmethod
    def open(self) -> tuple[StoredMatrix, Column]:
        """Open the file and check what can be seen without reading it.

        Returns:
            The inputs, and the target of every row, without gaps.

        Raises:
            UserError: if the file cannot be used; the message names it and the column.
        """

    def load(self) -> Data:
        """Split the rows, and fit the scaling in one pass over the file.

        Returns:
            The data, whose rows are read when they are asked for.

        Raises:
            UserError: if the file or a column cannot be used; the message names it.
        """
        stored, column = self.open()
        self._check_buffer(stored)
        name = Path(self.path).stem
        target = tell_target(column, self.task, self.path)
        split = self.split.rows(name, stored.n_rows, target.classes, target.class_names)
        info = DatasetInfo(name, target.task, stored.names, shape=(len(stored.names),), class_names=target.class_names)
        is_train = np.zeros(stored.n_rows, dtype=bool)
        is_train[split.train] = True
        everything = StreamedRows(
            stored,
            np.arange(stored.n_rows),
            torch.empty(stored.n_rows),
            scale=torch.ones(len(stored.names)),
            buffer_bytes=self.buffer_megabytes * MEBIBYTE,
        )
        spread, scaler = self._read_once(everything, is_train)
        if scaler is not None:
            info = with_scaling(info, scaler)
        info = describe_target(info, target.values[split.train])
        targets = target_tensor(info, target.values)
        working = torch.float64 if stored.dtype == np.float64 else torch.float32
        shift, divisor = (
            None if values is None else torch.from_numpy(np.asarray(values)).to(working)
            for values in (info.input_shift, info.input_divisor)
        )
        scale = spread if info.input_divisor is None else spread / info.input_divisor
        train, val, test = (
            replace(
                everything,
                index=rows,
                targets=targets[rows],
                scale=torch.from_numpy(scale.astype(np.float32)),
                shift=shift,
                divisor=divisor,
            )
            for rows in (split.train, split.val, split.test)
        )
        return Data(info, train, val, test)

    def _check_buffer(self, stored: StoredMatrix) -> None:
        largest = int(np.diff(stored.chunk_starts).max())
        needed = 2 * largest * stored.row_bytes / MEBIBYTE
        if needed > self.buffer_megabytes:
            raise UserError(
                f"{self.path}: its largest row group or chunk has {largest} rows of {len(stored.names)} columns, two "
                f"of which take {needed:.0f} MiB: set dataset.buffer_megabytes={int(np.ceil(needed))}, or write the "
                "file again with smaller ones"
            )

    def _read_once(
        self, everything: StreamedRows, is_train: Bool[np.ndarray, " n_rows"]
    ) -> tuple[Float[np.ndarray, " n_features"], Scaler | None]:
        """Refuse what is no number anywhere; fit the scaling, and the standard deviations, to the training rows."""
        spread = StandardScaler()
        scaler = spread if self.scaling == "standard" else SCALERS.get(self.scaling, type(None))()
        names = everything.stored.names
        first = 0
        for inputs, _ in everything.in_turn():
            rows = inputs.numpy()
            self._refuse_non_numbers(rows, names, first)
            of_train = rows[is_train[first : first + len(rows)]]
            first += len(rows)
            if len(of_train):
                for fitted in {spread, scaler} - {None}:
                    fitted.partial_fit(of_train)
        warn_of_constants(names, spread.var_ == 0, self.path)
        return np.sqrt(spread.var_), scaler

    def _refuse_non_numbers(
        self, rows: Shaped[np.ndarray, "n_rows n_features"], names: Sequence[str], first: int
    ) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            if np.isfinite(rows.sum()):  # so it is nearly always, at a fraction of the price
                return
        row, column = np.unravel_index(int(np.isfinite(rows).argmin()), rows.shape)
        value = rows[row, column]
        if np.isfinite(value):
            return
        what = "is missing" if np.isnan(value) else "is infinite"
        raise UserError(
            f"{self.path}: row {first + row + 1}, column {names[int(column)]!r} {what}: fill it or leave it out "
            "before; only dataset=tabular fills gaps (dataset.impute)"
        )
