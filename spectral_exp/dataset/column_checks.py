"""What nothing can be learned from in the columns of a user's table is refused, or said, in one line."""

import difflib
import logging
from collections.abc import Callable, Sequence

import numpy as np

from spectral_exp.dataset.table_columns import Column
from spectral_exp.errors import UserError

log = logging.getLogger(__name__)

MANY_VALUES = 50  # text with more values than this, in more than half as many rows, names rows instead of kinds
LISTED = 5  # columns named in one message


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


def refuse_identifiers(columns: Sequence[Column], source: str) -> None:
    """Refuse text that differs nearly from row to row: one input per row would only be memorised.

    Args:
        columns: the inputs.
        source: the file, for messages.

    Raises:
        UserError: if there is such a column.
    """
    for column in columns:
        n_values = 0 if column.categories is None else len(column.categories)
        if n_values > MANY_VALUES and n_values > len(column.numbers) / 2:
            raise UserError(
                f"{source}: text column {column.name!r} has {n_values} different values in {len(column.numbers)} rows, "
                f"like a name or an id: leave it out with dataset.drop=[{column.name}]"
            )


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
                f"dataset.drop=[{column.name}]"
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


def refuse_unknown_targets(target: Column, source: str) -> None:
    """Refuse a target that some rows do not have.

    Args:
        target: of all rows.
        source: the file, for messages.

    Raises:
        UserError: if there are missing or infinite values, with their count.
    """
    refuse_infinite([target], source)
    refuse_missing([target], source, "rows without a target cannot be learned from; remove them")


def _with_some(columns: Sequence[Column], is_found: Callable[[np.ndarray], np.ndarray]) -> str:
    """Name the first few columns that hold some of what is looked for, with their counts, and say how many more do."""
    counts = {column.name: int(is_found(column.numbers).sum()) for column in columns}
    found = [f"{name!r} ({count})" for name, count in counts.items() if count]
    return ", ".join(found[:LISTED]) + (f" and {len(found) - LISTED} more columns" if len(found) > LISTED else "")
