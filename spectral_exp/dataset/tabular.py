"""A user's own table: named columns in, named inputs out."""

import difflib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from jaxtyping import Shaped

from spectral_exp.dataset.data import Data
from spectral_exp.dataset.info import DatasetInfo, Task
from spectral_exp.dataset.splitting import (
    Arrays,
    Fold,
    Scaling,
    check_fractions,
    check_scaling,
    constant_columns,
    make_data,
    split_rows,
)
from spectral_exp.dataset.table_columns import (
    LISTED,
    Column,
    fill_missing,
    read_column,
    refuse_identifiers,
    refuse_infinite,
    refuse_missing,
    to_inputs,
)
from spectral_exp.dataset.table_file import has_repeats, read_table
from spectral_exp.errors import UserError

Impute = Literal["mean", "median", "most_frequent"]

FEW_VALUES = 20  # a target of whole numbers with at most this many different ones is taken for classes

log = logging.getLogger(__name__)


class Tabular:
    """A CSV, TSV, Parquet or NPZ file with one column to predict and the others as inputs.

    Text columns become one 0/1 input per value, named `column=value`, which form a group; true and false
    become 1 and 0.
    Columns that do not vary over the training rows are kept, at relevance 0, and named in a warning.

    Args:
        path: the file; see `read_table`.
        target: the column to predict (`y` in an NPZ file).
        drop: columns to leave out.
        task: `classification`, `regression`, or `auto`, which takes text, true/false and whole
            numbers with at most 20 different values for classes, and all else for a quantity.
        impute: what stands in for missing values, fitted on the training rows; None refuses them.
            Missing text becomes the most frequent value in any case.
        val_fraction: share of all rows for validation.
        test_fraction: share of all rows for the test, unless a fold is named.
        fold: which of n_folds is the test, from 1; None for a random share.
        n_folds: parts of a cross-validation.
        scaling: how inputs are scaled, fitted on the training rows.
        seed: fixes the split, or the folds.

    Raises:
        ValueError: if a value is out of range.
    """

    def __init__(
        self,
        path: str,
        target: str,
        drop: Sequence[str] = (),
        task: Literal["auto", "classification", "regression"] = "auto",
        impute: Impute | None = None,
        val_fraction: float = 0.15,
        test_fraction: float = 0.2,
        fold: int | None = None,
        n_folds: int = 5,
        scaling: Scaling = "standard",
        seed: int = 0,
    ) -> None:
        check_fractions(val_fraction, test_fraction)
        check_scaling(scaling)
        if task not in ("auto", *get_args(Task)):
            raise ValueError(f"task must be auto, {' or '.join(get_args(Task))}, got {task!r}")
        if impute is not None and impute not in get_args(Impute):
            raise ValueError(f"impute must be null or one of {', '.join(get_args(Impute))}, got {impute!r}")
        self.path = path
        self.target = target
        self.drop = list(drop)
        self.task = task
        self.impute: Impute | None = impute
        self.val_fraction = val_fraction
        self.test_fraction = test_fraction
        self.fold = None if fold is None else Fold(fold, n_folds)
        self.scaling: Scaling = scaling
        self.seed = seed

    def load(self) -> Data:
        """Read, check, split, fill and scale the table.

        Returns:
            The data.

        Raises:
            UserError: if the file or a column cannot be used; the message names it.
        """
        target, columns = self.read_columns()
        name = Path(self.path).stem
        task = self.tell_task(target)
        if task == "classification":
            targets, class_names = to_classes(target)
        else:
            targets, class_names = target.numbers, ()

        classes = targets if task == "classification" else None
        rows = split_rows(
            name, len(targets), self.val_fraction, self.test_fraction, self.seed, classes, class_names, self.fold
        )
        if self.impute is not None:
            columns = fill_missing(columns, self.impute, rows.train)
        inputs = to_inputs(columns)
        feature_names = tuple(input_name for column in columns for input_name in column.input_names)
        if has_repeats(feature_names):
            raise UserError(f"{self.path}: two inputs get the same name; rename the columns that contain '='")
        warn_of_constants(feature_names, inputs[rows.train], self.path)

        of_inputs = tuple(column.name for column in columns for _ in column.input_names)
        info = DatasetInfo(
            name,
            task,
            feature_names,
            shape=(len(feature_names),),
            class_names=class_names,
            groups=of_inputs if has_repeats(of_inputs) else None,
        )
        train, val, test = (Arrays(inputs[part], targets[part]) for part in (rows.train, rows.val, rows.test))
        return make_data(info, train, val, test, self.scaling)

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
                self.check_name(key, name, table.column_names)
        if self.target in self.drop:
            raise UserError(f"dataset.drop: {self.target!r} is the target and cannot be left out")
        kept = [name for name in table.column_names if name != self.target and name not in set(self.drop)]
        if not kept:
            raise UserError(f"{self.path}: no columns are left beside the target {self.target!r}")

        target = read_column(table, self.target, self.path)
        columns = [read_column(table, name, self.path) for name in kept]
        refuse_identifiers(columns, self.path)
        refuse_infinite([target, *columns], self.path)
        refuse_missing([target], self.path, "rows without a target cannot be learned from; remove them")
        if self.impute is None:
            advice = "set dataset.impute=median (or mean, most_frequent), or leave the columns out with dataset.drop"
            refuse_missing(columns, self.path, advice)
        return target, columns

    def check_name(self, key: str, name: str, names: Sequence[str]) -> None:
        """Refuse a column that the table does not have.

        Args:
            key: where it was named.
            name: the column.
            names: the table's columns.

        Raises:
            UserError: if it is not among them; names the nearest.
        """
        if name not in names:
            near = difflib.get_close_matches(str(name), names, n=1, cutoff=0.5)
            shown = ", ".join(names[:LISTED]) + (", ..." if len(names) > LISTED else "")
            hint = f"did you mean {near[0]!r}?" if near else f"it has {shown}"
            raise UserError(f"dataset.{key}: {self.path} has no column {name!r}; {hint}")

    def tell_task(self, target: Column) -> Task:
        """Decide between classes and a quantity.

        Args:
            target: the column to predict.

        Returns:
            The task that was asked for, or the one that the values tell.

        Raises:
            UserError: if text is to be predicted as a quantity.
        """
        if self.task == "regression" and target.categories is not None:
            raise UserError(
                f"{self.path}: target {target.name!r} holds text, but dataset.task=regression needs numbers"
            )
        if self.task != "auto":
            return self.task
        n_values = len(np.unique(target.numbers))
        is_whole = bool((target.numbers == np.round(target.numbers)).all())
        if target.categories is not None or target.is_boolean or (is_whole and n_values <= FEW_VALUES):
            log.info("target %r taken for classes (%d); dataset.task=regression if it is not", target.name, n_values)
            return "classification"
        log.info("target %r taken for a quantity; dataset.task=classification if it is not", target.name)
        return "regression"


def to_classes(target: Column) -> tuple[Shaped[np.ndarray, " n_rows"], tuple[str, ...]]:
    """Number the classes in order.

    Args:
        target: a column without gaps.

    Returns:
        Codes from 0, and the names of the classes.
    """
    if target.categories is not None:
        return target.numbers.astype(np.int64), target.categories
    values, codes = np.unique(target.numbers, return_inverse=True)
    if target.is_boolean:
        return codes, tuple("true" if value else "false" for value in values)
    return codes, tuple(str(int(value)) if value == round(value) else str(value) for value in values.tolist())


def warn_of_constants(names: Sequence[str], inputs: Shaped[np.ndarray, "n_rows n_features"], source: str) -> None:
    """Name the inputs that do not vary, which nothing can be learned from.

    Args:
        names: of all inputs.
        inputs: the training rows.
        source: the file.
    """
    constant = [name for name, is_constant in zip(names, constant_columns(inputs), strict=True) if is_constant]
    if constant:
        more = f" and {len(constant) - LISTED} more" if len(constant) > LISTED else ""
        log.warning("%s: constant over the training rows: %s%s", source, ", ".join(constant[:LISTED]), more)
