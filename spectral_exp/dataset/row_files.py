"""Files beside a matrix: the target of every row, the name of every column."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Shaped

from spectral_exp.dataset.column_reading import read_column
from spectral_exp.dataset.feature_names import numbered_names
from spectral_exp.dataset.stored import existing_file
from spectral_exp.dataset.table_columns import Column, refuse_infinite, refuse_missing
from spectral_exp.dataset.table_file import has_repeats
from spectral_exp.errors import UserError


def read_targets(path: str, n_rows: int) -> Column:
    """Read the target of every row.

    Args:
        path: `.npy`, shape (n_rows,), or `.txt` with one per line.
        n_rows: how many there must be.

    Returns:
        The target.

    Raises:
        UserError: if the file is missing or damaged, or holds another number of targets, or gaps.
    """
    file = existing_file(path, (".npy", ".txt"), key="targets")
    if file.suffix.lower() == ".txt":
        return target_column(np.array(_lines(file)), n_rows, path)
    try:
        values = np.load(file, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise UserError(f"{path} cannot be read (damaged, or it holds Python objects): {error}") from error
    return target_column(values, n_rows, path)


def target_column(values: Shaped[np.ndarray, "..."], n_rows: int, source: str) -> Column:
    """Turn an array into the target.

    Args:
        values: numbers, true and false, or text.
        n_rows: how many there must be.
        source: the file, for messages.

    Returns:
        The target.

    Raises:
        UserError: if there is another number of targets, or they have gaps.
    """
    if values.shape != (n_rows,):
        raise UserError(f"{source}: expected the targets of {n_rows} rows, got shape {values.shape}")
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8")
    texts = [text or None for text in values.tolist()] if values.dtype.kind == "U" else values
    column = read_column(pa.table({"target": texts}), "target", source)
    refuse_infinite([column], source)
    refuse_missing([column], source, "rows without a target cannot be learned from; remove them")
    return column


def read_feature_names(path: str | None, n_features: int) -> Sequence[str]:
    """Read the names of the columns.

    Args:
        path: a text file with one per line; None to number them.
        n_features: how many there must be.

    Returns:
        The names.

    Raises:
        UserError: if the file is missing, holds another number of names, or one twice.
    """
    if path is None:
        return numbered_names(n_features)
    names = _lines(existing_file(path, (".txt",), key="feature_names"))
    check_names(names, n_features, path)
    return names


def check_names(names: Sequence[str], n_features: int, source: str) -> None:
    """Refuse names that do not fit the columns.

    Args:
        names: one per column, as they were found.
        n_features: number of columns.
        source: the file, for messages.

    Raises:
        UserError: if there is another number of names, or one twice.
    """
    if len(names) != n_features:
        raise UserError(f"{source}: expected the names of {n_features} columns, got {len(names)}")
    if has_repeats(names):
        seen: set[str] = set()
        repeated = next(name for name in names if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise UserError(f"{source}: two columns are called {repeated!r}: rename one")


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise UserError(f"{file} is not UTF-8 text: save it with that encoding") from error
