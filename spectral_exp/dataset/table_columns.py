"""Turn the columns of a user's table into numbers; whatever cannot be one is said in one line."""

import difflib
import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float
from sklearn.impute import SimpleImputer

from spectral_exp.errors import UserError

log = logging.getLogger(__name__)

MOSTLY = 0.9  # a text column with at least this share of numbers was meant to be one
PARTLY = 0.5  # of a text column with at least this share of numbers it is said that it is text
MANY_VALUES = 50  # text with more values than this, in more than half as many rows, names rows instead of kinds
LISTED = 5  # columns named in one message


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


def read_column(table: pa.Table, name: str, source: str) -> Column:
    """Turn a column into numbers, by its type.

    Args:
        table: the table.
        name: the column.
        source: the file, for messages.

    Returns:
        The column.

    Raises:
        UserError: if it is empty, holds dates or nested values, or text among numbers.
    """
    values = table[name]
    kind = values.type
    if pa.types.is_dictionary(kind):
        values, kind = values.cast(kind.value_type), kind.value_type
    if values.null_count == len(values):
        raise UserError(f"{source}: column {name!r} is empty: leave it out with dataset.drop=[{name}]")
    if pa.types.is_temporal(kind):
        raise UserError(
            f"{source}: column {name!r} holds dates or times ({kind}): leave it out with dataset.drop=[{name}], "
            "or turn it into numbers (days since a date, hour of the day)"
        )
    if pa.types.is_boolean(kind):
        return Column(name, to_numbers(values.cast(pa.int8())), is_boolean=True)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return Column(name, to_numbers(values))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return read_text_column(values.combine_chunks(), name, source)
    raise UserError(f"{source}: column {name!r} holds {kind}, expected numbers or text: leave it out with dataset.drop")


def to_numbers(values: pa.ChunkedArray) -> Float[np.ndarray, " n_rows"]:
    """Convert numbers of any type.

    Args:
        values: numbers, some of which may be missing.

    Returns:
        float64, NaN where missing.
    """
    return np.asarray(values.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)


def read_text_column(values: pa.Array, name: str, source: str) -> Column:
    """Turn text into numbers if it was meant to be, otherwise into categories.

    Args:
        values: text, not all of it missing.
        name: the column.
        source: the file, for messages.

    Returns:
        Numbers if every text is one, else the positions of the texts among all different ones.

    Raises:
        UserError: if nearly all texts are numbers, but not all.
    """
    encoded = values.dictionary_encode()
    positions = encoded.indices.to_numpy(zero_copy_only=False).astype(np.float64)
    is_present = ~np.isnan(positions)
    present = positions[is_present].astype(np.int64)
    texts: list[str] = encoded.dictionary.to_pylist()
    numbers = np.array([parse_number(text) for text in texts])
    is_number = ~np.isnan(numbers)
    if is_number.all():
        quantities = np.full(len(positions), np.nan)
        quantities[is_present] = numbers[present]
        return Column(name, quantities)
    if is_number[present].mean() >= MOSTLY:
        wrong = texts[int(is_number.argmin())]  # texts are in order of first appearance
        row = pc.index(values, wrong).as_py() + 1
        raise UserError(
            f"{source}: column {name!r} holds numbers, but row {row} (not counting the header) says {wrong!r}: "
            "correct it, or leave the field empty and set dataset.impute"
        )
    share = is_number[present].mean()
    if share >= PARTLY:
        wrong = texts[int(is_number.argmin())]
        log.warning(
            f"{source}: column {name!r} is taken as text, one input per value: "
            f"{share:.0%} of it are numbers, but {wrong!r} is none"
        )
    order = np.argsort(np.array(texts))
    rank = np.empty(len(texts))
    rank[order] = np.arange(len(texts))
    positions[is_present] = rank[present]
    return Column(name, positions, categories=tuple(texts[index] for index in order))


def parse_number(text: str) -> float:
    """Read a number as people write it.

    Args:
        text: what a field holds.

    Returns:
        The number; NaN if it is none.
    """
    try:
        return float(text.replace("_", "?"))  # Python would take 1_000 for a number
    except ValueError:
        return float("nan")


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
    counts = {column.name: int(np.isnan(column.numbers).sum()) for column in columns}
    found = {name: count for name, count in counts.items() if count}
    if found:
        raise UserError(f"{source}: missing values in {listed(found)}: {advice}")


def refuse_infinite(columns: Sequence[Column], source: str) -> None:
    """Refuse columns with infinite values.

    Args:
        columns: what is looked at.
        source: the file, for messages.

    Raises:
        UserError: if there are any, with a count per column.
    """
    counts = {column.name: int(np.isinf(column.numbers).sum()) for column in columns}
    found = {name: count for name, count in counts.items() if count}
    if found:
        raise UserError(f"{source}: infinite values in {listed(found)}: replace them, or leave the columns out")


def listed(counts: dict[str, int]) -> str:
    """Put counts per column into words.

    Args:
        counts: how many values, by column.

    Returns:
        The first few, and how many columns more.

    Example:
        >>> listed({"age": 2, "height": 1})
        "'age' (2), 'height' (1)"
    """
    named = ", ".join(f"{name!r} ({count})" for name, count in list(counts.items())[:LISTED])
    return named if len(counts) <= LISTED else f"{named} and {len(counts) - LISTED} more columns"


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
