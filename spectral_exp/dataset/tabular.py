"""A user's own table: named columns in, named inputs out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from spectral_exp.dataset.arrays import Arrays, make_data
from spectral_exp.dataset.column_reading import read_inputs, read_target
from spectral_exp.dataset.data import Data
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.dataset.scaling import constant_columns, warn_of_constants
from spectral_exp.dataset.split_set import SplitSet
from spectral_exp.dataset.table_columns import (
    Column,
    check_column_name,
    fill_missing,
    refuse_infinite,
    refuse_missing,
    to_inputs,
    warn_of_row_numbers,
)
from spectral_exp.dataset.table_file import has_repeats, read_table
from spectral_exp.dataset.target import AskedTask, check_task, tell_target
from spectral_exp.errors import UserError

Impute = Literal["mean", "median", "most_frequent"]


@dataclass(frozen=True)
class Tabular(SplitSet):
    """A CSV, TSV, Parquet or NPZ file with one column to predict and the others as inputs.

    Text columns become one 0/1 input per value, named `column=value`, which form a group; true and false
    become 1 and 0.
    Columns that do not vary over the training rows are kept, at relevance 0, and named in a warning.

    Attributes:
        path: the file; see `read_table`.
        target: the column to predict (`y` in an NPZ file).
        drop: columns to leave out.
        task: `classification`, `regression`, or `auto`, which takes text, true/false and whole
            numbers with at most 20 different values for classes, and all else for a quantity.
        impute: what stands in for missing values, fitted on the training rows; None refuses them.
            Missing text becomes the most frequent value in any case.

    Raises:
        ValueError: if a value is out of range.
    """

    path: str
    target: str
    drop: Sequence[str] = ()
    task: AskedTask = "auto"
    impute: Impute | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_task(self.task)
        if self.impute is not None and self.impute not in get_args(Impute):
            raise ValueError(f"impute must be null or one of {', '.join(get_args(Impute))}, got {self.impute!r}")

    def load(self) -> Data:
        """Read, check, split, fill and scale the table.

        Returns:
            The data.

        Raises:
            UserError: if the file or a column cannot be used; the message names it.
        """
        column, columns = self.read_columns()
        name = Path(self.path).stem
        target = tell_target(column, self.task, self.path)
        rows = self.split.rows(name, len(target.values), target.classes, target.class_names)
        if self.impute is not None:
            columns = fill_missing(columns, self.impute, rows.train)
        inputs = to_inputs(columns)
        feature_names = tuple(input_name for column in columns for input_name in column.input_names)
        if has_repeats(feature_names):
            raise UserError(f"{self.path}: two inputs get the same name; rename the columns that contain '='")
        warn_of_constants(feature_names, constant_columns(inputs[rows.train]), self.path)

        of_inputs = tuple(column.name for column in columns for _ in column.input_names)
        info = DatasetInfo(
            name,
            target.task,
            feature_names,
            shape=(len(feature_names),),
            class_names=target.class_names,
            groups=of_inputs if has_repeats(of_inputs) else None,
        )
        arrays = Arrays(inputs, target.values)
        return make_data(info, arrays[rows.train], arrays[rows.val], arrays[rows.test], self.scaling)

    def read_columns(self) -> tuple[Column, list[Column]]:
        """Read the file and refuse what cannot be learned from.

        Returns:
            The target, and the inputs; these have gaps only if they are to be filled.

        Raises:
            UserError: if a named column is not there, none is left, or one cannot be used.
        """
        table = read_table(self.path)
        for key, names in (("target", [self.target]), ("drop", self.drop)):
            for name in names:
                check_column_name(key, name, table.column_names, self.path)
        if self.target in self.drop:
            raise UserError(f"dataset.drop: {self.target!r} is the target and cannot be left out")
        kept = [name for name in table.column_names if name != self.target and name not in set(self.drop)]
        if not kept:
            raise UserError(f"{self.path}: no columns are left beside the target {self.target!r}")

        target = read_target(table, self.target, self.path)
        columns = read_inputs(table, kept, self.path)
        refuse_infinite(columns, self.path)
        warn_of_row_numbers(columns, self.path)
        if self.impute is None:
            advice = "set dataset.impute=median (or mean, most_frequent), or leave the columns out with dataset.drop"
            refuse_missing(columns, self.path, advice)
        return target, columns
