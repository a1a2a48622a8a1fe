"""A table of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isnan


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        text: what is read.
        order: what the column is sorted by: a number, or the text itself if it is None.
        link: where it leads; none if it is empty.
        share: length of a bar behind it, 0 to 1; none if it is None.
    """

    text: str
    order: float | None = None
    link: str = ""
    share: float | None = None


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        cells: one per column.
        anchor: its id on the page; empty if nothing points at it.
        is_bad: whether it tells of a failure.
    """

    cells: Sequence[Cell]
    anchor: str = ""
    is_bad: bool = False


@dataclass(frozen=True)
class Table:
    """A table, to be sorted by its columns.

    Attributes:
        caption: what it shows.
        columns: names of the columns.
        rows: the rows.
        search: label of a field that searches it; none if it is empty.
        note: what the reader has to know of what is left out.
        numeric: the columns that hold numbers, aligned to the right.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Row]
    search: str = ""
    note: str = ""
    numeric: frozenset[str] = field(default=frozenset())


def number_cell(value: float | None, form: str = "", share: float | None = None) -> Cell:
    """Write a number.

    Args:
        value: the number; None or NaN leaves the cell empty.
        form: how it is written, such as ".2f"; four digits by default, and all of a whole number.
        share: length of a bar behind it, 0 to 1.

    Returns:
        The cell.
    """
    if value is None or isnan(value):
        return Cell("")
    form = form or (",.0f" if float(value).is_integer() and abs(value) < 1e15 else ",.4g")
    return Cell(f"{value:{form}}", float(value), share=share)


def simple_table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[str | float]]) -> Table:
    """Make a table of texts and numbers.

    Args:
        caption: what it shows.
        columns: names of the columns.
        rows: the cells.

    Returns:
        The table; a column whose first cell is a number is numeric.
    """
    cells = [Row([Cell(one) if isinstance(one, str) else number_cell(float(one)) for one in row]) for row in rows]
    numeric = {
        name for name, first in zip(columns, rows[0] if rows else (), strict=False) if not isinstance(first, str)
    }
    return Table(caption, columns, cells, numeric=frozenset(numeric))
