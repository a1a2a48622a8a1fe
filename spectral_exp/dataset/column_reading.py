"""Read the columns of a user's table, by their types; what cannot be an input is said with all the others."""

import logging
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float

from spectral_exp.dataset.table_columns import LISTED, Column, drop_argument, refuse_infinite, refuse_missing
from spectral_exp.errors import UserError

log = logging.getLogger(__name__)

MOSTLY = 0.9  # a text column with at least this share of numbers was meant to be one
PARTLY = 0.5  # of a text column with at least this share of numbers it is said that it is text
MANY_VALUES = 50  # text with more values than this, in more than half as many rows, names rows instead of kinds


class UnusableColumnError(UserError):
    """A column that cannot be an input, whatever is corrected in it.

    Args:
        source: the file.
        name: the column.
        reason: why, as the rest of a sentence.
        otherwise: what to do but leave it out, as the rest of a sentence.
    """

    def __init__(self, source: str, name: str, reason: str, otherwise: str = "") -> None:
        super().__init__(f"{source}: column {name!r} {reason}: leave it out with {drop_argument([name])}{otherwise}")
        self.reason = reason


def read_inputs(table: pa.Table, names: Sequence[str], source: str) -> list[Column]:
    """Turn columns into inputs.

    Args:
        table: the table.
        names: of the columns.
        source: the file, for messages.

    Returns:
        The columns, in order.

    Raises:
        UserError: if some cannot be inputs; names all of them, so that one more try is enough.
    """
    columns = []
    unusable: dict[str, UnusableColumnError] = {}
    for name in names:
        try:
            columns.append(read_column(table, name, source))
            refuse_identifier(columns[-1], source)
        except UnusableColumnError as error:
            unusable[name] = error
    if len(unusable) == 1:
        raise next(iter(unusable.values()))
    if unusable:
        reasons = "; ".join(f"{name!r} {error.reason}" for name, error in list(unusable.items())[:LISTED])
        more = f" and {len(unusable) - LISTED} more" if len(unusable) > LISTED else ""
        raise UserError(
            f"{source}: {len(unusable)} columns cannot be inputs, {reasons}{more}: leave them out with "
            f"{drop_argument(list(unusable))}"
        )
    return columns


def read_target(table: pa.Table, name: str, source: str) -> Column:
    """Turn the column that is predicted into numbers.

    Args:
        table: the table.
        name: the column.
        source: the file, for messages.

    Returns:
        The column.

    Raises:
        UserError: if it cannot be predicted, or some rows lack it.
    """
    try:
        column = read_column(table, name, source)
    except UnusableColumnError as error:
        raise UserError(f"dataset.target: {source}: column {name!r} {error.reason}: name another one") from None
    refuse_infinite([column], source)
    refuse_missing([column], source, "rows without a target cannot be learned from; remove them")
    return column


def read_column(table: pa.Table, name: str, source: str) -> Column:
    """Turn a column into numbers, by its type.

    Args:
        table: the table.
        name: the column.
        source: the file, for messages.

    Returns:
        The column.

    Raises:
        UnusableColumnError: if it is empty, or holds dates or nested values.
        UserError: if it holds text among numbers.
    """
    values = table[name]
    kind = values.type
    if pa.types.is_dictionary(kind):
        values, kind = values.cast(kind.value_type), kind.value_type
    if values.null_count == len(values):
        raise UnusableColumnError(source, name, "is empty")
    if pa.types.is_temporal(kind):
        otherwise = ", or turn it into numbers (days since a date, hour of the day)"
        raise UnusableColumnError(source, name, f"holds dates or times ({kind})", otherwise)
    if pa.types.is_boolean(kind):
        return Column(name, to_numbers(values.cast(pa.int8())), is_boolean=True)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return Column(name, to_numbers(values))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return read_text_column(values.combine_chunks(), name, source)
    raise UnusableColumnError(source, name, f"holds {kind}, expected numbers or text")


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
    share = is_number[present].mean()
    wrong = texts[int(is_number.argmin())]  # texts are in order of first appearance
    if share >= MOSTLY:
        row = pc.index(values, wrong).as_py() + 1
        raise UserError(
            f"{source}: column {name!r} holds numbers, but row {row} (not counting the header) says {wrong!r}: "
            "correct it, or leave the field empty and set dataset.impute"
        )
    if share >= PARTLY:
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


def refuse_identifier(column: Column, source: str) -> None:
    """Refuse text that differs nearly from row to row: one input per row would only be memorised.

    Args:
        column: an input.
        source: the file, for messages.

    Raises:
        UnusableColumnError: if it is such a column.
    """
    n_values = 0 if column.categories is None else len(column.categories)
    if n_values > MANY_VALUES and n_values > len(column.numbers) / 2:
        reason = f"has {n_values} different texts in {len(column.numbers)} rows, like a name or an id"
        raise UnusableColumnError(source, column.name, reason)
