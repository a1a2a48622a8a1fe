"""Columns of a user's table as numbers: checked, gaps filled, put side by side."""

import difflib
import logging
import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from sklearn.impute import SimpleImputer

from spectral_exp.errors import UserError

log = logging.getLogger(__name__)

LISTED = 5  # columns named in one message
_PLAIN = re.compile(r"(?!(null|true|false|nan|inf)$)[A-Za-z][\w .-]*", re.A | re.I)  # needs no quotes for Hydra


@dataclass(frozen=True)
class Column:
    """One column as numbers.

    Attributes:
        name: its name in the table.
        numbers: shape (n_rows,), float64; NaN where the value is missing. For text, the position
            of the value among `categories`.
        categories: the different texts in order; None for a column of numbers.
        is_boolean: whether the numbers stand for true and false.
    """

    name: str
    numbers: Float[np.ndarray, " n_rows"]
    categories: tuple[str, ...] | None = None
    is_boolean: bool = False

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the inputs that it becomes: its own, or `column=value` for every category."""
        if self.categories is None:
            return (self.name,)
        return tuple(f"{self.name}={value}" for value in self.categories)


def check_column_name(key: str, name: str, names: Sequence[str], source: str) -> None:
    """Refuse a column that a table does not have.

    Args:
        key: where it was named.
        name: the column.
        names: the table's columns.
        source: the file, for messages.

    Raises:
        UserError: if it is not among them; names the nearest.
    """
    if name not in names:
        near = difflib.get_close_matches(str(name), names, n=1, cutoff=0.5)
        shown = ", ".join(names[:LISTED]) + (", ..." if len(names) > LISTED else "")
        hint = f"did you mean {near[0]!r}?" if near else f"it has {shown}"
        raise UserError(f"dataset.{key}: {source} has no column {name!r}; {hint}")


def name_columns(names: Sequence[str]) -> str:
    """Put columns into words.

    Args:
        names: their names.

    Returns:
        The first few, and how many more.

    Example:
        >>> name_columns(["a", "b"])
        'a, b'
    """
    return ", ".join(names[:LISTED]) + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")


def drop_argument(names: Sequence[str]) -> str:
    """Write the argument that leaves columns out, as a shell and Hydra read it.

    Args:
        names: of the columns.

    Returns:
        The argument.

    Example:
        >>> print(drop_argument(["id"]), drop_argument(["lab 1", "BP (mm)"]))
        dataset.drop=[id] 'dataset.drop=[lab 1,"BP (mm)"]'
    """
    quoted = ['"' + name.replace('"', '\\"') + '"' for name in names]
    plain = [name if _PLAIN.fullmatch(name) else quote for name, quote in zip(names, quoted, strict=True)]
    argument = f"dataset.drop=[{','.join(plain)}]"
    return argument if re.fullmatch(r"[\w.=,\[\]-]*", argument) else shlex.quote(argument)


def warn_of_row_numbers(columns: Sequence[Column], source: str) -> None:
    """Name columns that count the rows: where a table is sorted by its target, they tell it, and of new rows nothing.

    Args:
        columns: the inputs.
        source: the file, for messages.
    """
    for column in columns:
        if len(column.numbers) > 1 and column.categories is None and bool((np.diff(column.numbers) == 1).all()):
            log.warning(
                f"{source}: column {column.name!r} rises by 1 from row to row; if it only counts them, add "
                f"{drop_argument([column.name])}"
            )


def refuse_missing(columns: Sequence[Column], source: str, advice: str) -> None:
    """Refuse columns with missing values.

    Args:
        columns: what is looked at.
        source: the file, for messages.
        advice: what to do about it.

    Raises:
        UserError: if there are any, with a count per column.
    """
    if found := _with_some(columns, np.isnan):
        raise UserError(f"{source}: missing values in {found}: {advice}")


def refuse_infinite(columns: Sequence[Column], source: str) -> None:
    """Refuse columns with infinite values.

    Args:
        columns: what is looked at.
        source: the file, for messages.

    Raises:
        UserError: if there are any, with a count per column.
    """
    if found := _with_some(columns, np.isinf):
        raise UserError(f"{source}: infinite values in {found}: replace them, or leave the columns out")


def fill_missing(columns: Sequence[Column], strategy: str, train: np.ndarray) -> list[Column]:
    """Fill gaps with what the training rows show: text with its most frequent value, numbers by the strategy.

    Args:
        columns: the inputs.
        strategy: `mean`, `median` or `most_frequent`.
        train: indices of the training rows.

    Returns:
        The inputs without gaps; a column that is empty over the training rows is filled with zeros.
    """
    filled = []
    for column in columns:
        numbers = column.numbers
        if np.isnan(numbers).any():
            chosen = strategy if column.categories is None else "most_frequent"
            imputer = SimpleImputer(strategy=chosen, keep_empty_features=True).fit(numbers[train, None])
            numbers = imputer.transform(numbers[:, None])[:, 0]
        filled.append(Column(column.name, numbers, column.categories, column.is_boolean))
    return filled


def to_inputs(columns: Sequence[Column]) -> Float[np.ndarray, "n_rows n_features"]:
    """Put columns side by side, text as one 0/1 input per category.

    Args:
        columns: without gaps.

    Returns:
        One column per name in `input_names`, in their order.
    """
    blocks = [
        column.numbers[:, None]
        if column.categories is None
        else (column.numbers[:, None] == np.arange(len(column.categories))).astype(np.float64)
        for column in columns
    ]
    return np.concatenate(blocks, axis=1)


def _with_some(columns: Sequence[Column], is_found: Callable[[np.ndarray], np.ndarray]) -> str:
    """Name the first few columns that hold some of what is looked for, with counts, and say how many more do."""
    counts = {column.name: int(is_found(column.numbers).sum()) for column in columns}
    found = [f"{name!r} ({count})" for name, count in counts.items() if count]
    return ", ".join(found[:LISTED]) + (f" and {len(found) - LISTED} more columns" if len(found) > LISTED else "")
