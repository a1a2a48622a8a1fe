"""A Parquet table that is read by row groups, and of those only the columns that are needed."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import torch
from jaxtyping import Int, Shaped

from spectral_exp.dataset.column_reading import read_target
from spectral_exp.dataset.stored import StoredMatrix, existing_file
from spectral_exp.dataset.streamed import Streamed
from spectral_exp.dataset.table_columns import (
    Column,
    check_column_name,
)
from spectral_exp.errors import UserError

COLUMNS_AT_ONCE = 128  # are turned into rows while they are in the cache
PADDING = 16  # values between them: columns a power of two apart would drive each other out of it


class ParquetMatrix(StoredMatrix):
    """Columns of numbers in a Parquet file; a chunk is a row group.

    Args:
        path: the file, for messages.
        file: the open file.
        names: the columns.

    Raises:
        UserError: if a column holds no numbers.
    """

    def __init__(self, path: str, file: pyarrow.parquet.ParquetFile, names: Sequence[str]) -> None:
        kinds = [file.schema_arrow.field(name).type for name in names]
        for name, kind in zip(names, kinds, strict=True):
            if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
                raise UserError(
                    f"{path}: column {name!r} holds {kind}, and dataset=parquet streams numbers alone: leave it out "
                    f"with dataset.drop=[{name}], or take dataset=tabular, which codes text but holds all in memory"
                )
        dtype = np.result_type(*(kind.to_pandas_dtype() for kind in set(kinds)))
        groups = [file.metadata.row_group(group) for group in range(file.num_row_groups)]
        starts = np.cumsum([0, *(group.num_rows for group in groups)])
        super().__init__(path, names, np.dtype(np.uint8) if dtype.kind == "b" else dtype, starts)
        self._metadata = file.metadata
        self._of_thread = threading.local()
        columns = [group.column(0) for group in groups]
        begins = [column.dictionary_page_offset or column.data_page_offset for column in columns]
        self._begins = [*begins, Path(path).expanduser().stat().st_size]

    def span(self, chunk: int) -> tuple[int, int]:
        begin, end = self._begins[chunk : chunk + 2]
        return begin, end - begin

    def read(self, chunk: int, columns: Int[np.ndarray, " n_kept"] | None, out: Shaped[np.ndarray, "_ _"]) -> None:
        names = list(self.names) if columns is None else [self.names[column] for column in columns]
        try:
            table = self._file().read_row_group(chunk, columns=names)
        except (OSError, pa.ArrowInvalid) as error:
            reason = str(error).splitlines()[0]
            raise UserError(f"{self.path}: row group {chunk} cannot be read: {reason}") from error
        rows = torch.from_numpy(out)
        beside = np.empty((COLUMNS_AT_ONCE, len(out) + PADDING), out.dtype)[:, : len(out)]
        for start in range(0, len(names), COLUMNS_AT_ONCE):
            columns_here = table.columns[start : start + COLUMNS_AT_ONCE]
            for name, values, column in zip(names[start:], beside, columns_here, strict=False):
                if column.null_count:
                    raise UserError(
                        f"{self.path}: missing values in {name!r} ({column.null_count} in row group {chunk}): fill "
                        f"them or leave it out with dataset.drop=[{name}]; only dataset=tabular fills gaps "
                        "(dataset.impute)"
                    )
                values[:] = column.to_numpy()
            here = rows[:, start : start + COLUMNS_AT_ONCE]
            here.copy_(torch.from_numpy(beside[: here.shape[1]]).t())  # which torch does block by block

    def _file(self) -> pyarrow.parquet.ParquetFile:
        """The file, opened by every thread for itself: Arrow does not say that several may read through one."""
        if not hasattr(self._of_thread, "file"):
            self._of_thread.file = pyarrow.parquet.ParquetFile(Path(self.path).expanduser(), metadata=self._metadata)
        file: pyarrow.parquet.ParquetFile = self._of_thread.file
        return file


@dataclass(frozen=True)
class Parquet(Streamed):
    """A Parquet table of numbers, larger than memory, with one column to predict and the others as inputs.

    A row group is read as a whole, of inputs that have left nothing. Two of them must fit into the buffer: write
    them with some thousand rows each.

    Attributes:
        path: the file.
        target: the column to predict: numbers, true and false, or text.
        drop: columns to leave out.
    """

    target: str
    drop: Sequence[str] = ()

    def open(self) -> tuple[StoredMatrix, Column]:
        path = existing_file(self.path, (".parquet", ".pq"))
        try:
            file = pyarrow.parquet.ParquetFile(path)
        except (pa.ArrowInvalid, OSError) as error:
            raise UserError(f"{self.path} is no whole Parquet file: {str(error).splitlines()[0]}") from error
        names = file.schema_arrow.names
        if file.metadata.num_rows == 0:
            raise UserError(f"{self.path} has no rows")
        left_out = {self.target, *self.drop}
        for key, name in [("target", self.target), *(("drop", name) for name in self.drop)]:
            check_column_name(key, name, names, self.path)
        kept = [name for name in names if name not in left_out and not name.startswith("__index_level_")]
        if not kept:
            raise UserError(f"{self.path}: no columns are left beside the target {self.target!r}")
        stored = ParquetMatrix(self.path, file, kept)
        return stored, read_target(file.read(columns=[self.target]), self.target, self.path)
