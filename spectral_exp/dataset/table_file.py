"""Read a user's table from a file; whatever is wrong with the file is said in one line."""

import csv
import logging
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from spectral_exp.dataset.feature_names import numbered_names
from spectral_exp.errors import UserError

log = logging.getLogger(__name__)

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
BLOCK = 1 << 26  # bytes parsed at once; a row, which may have very many columns, must fit in
DECIMAL_COMMA = r"^\s*([+-]?\d*),(\d+(?:[eE][+-]?\d+)?)\s*$"


def read_table(path: str | Path) -> pa.Table:
    """Read a table.

    Args:
        path: `.csv`, `.tsv`, `.txt` (a header, then comma, semicolon or tab between the columns),
            `.parquet`, or `.npz` with `x` or `X` of shape (n_rows, n_features), `y` of shape
            (n_rows,) and, if the columns have names, `feature_names`.

    Returns:
        At least one row, columns with unique names.

    Raises:
        UserError: if the file is missing, of another kind, damaged, empty, or not rectangular.
    """
    file = Path(path).expanduser()
    readers = dict.fromkeys(TEXT_SUFFIXES, read_text) | {".parquet": read_parquet, ".npz": read_npz}
    if not file.is_file():
        what = "is a folder, expected a file" if file.is_dir() else "does not exist"
        raise UserError(f"{path} {what}: check dataset.path (seen from {Path.cwd()})")
    if file.suffix.lower() not in readers:
        raise UserError(f"{path}: cannot read {file.suffix or 'a file without suffix'}; expected {', '.join(readers)}")
    table = readers[file.suffix.lower()](file)
    names = table.column_names
    repeated = [name for position, name in enumerate(names) if name in names[:position]] if has_repeats(names) else []
    if repeated:
        raise UserError(f"{path}: two columns are called {repeated[0]!r}: rename one")
    if table.num_rows == 0:
        raise UserError(f"{path} has no rows")
    return table


def has_repeats(names: Sequence[str]) -> bool:
    """Tell whether a name occurs twice.

    Args:
        names: column names.

    Returns:
        True if so.
    """
    return len(set(names)) < len(names)


def read_text(file: Path) -> pa.Table:
    """Read separated values; the separator is the one that the header has most of.

    Where semicolons separate, numbers may have a decimal comma, as spreadsheets write them in much of Europe.

    Args:
        file: an existing file.

    Returns:
        The table, with a type told for every column from all its values; columns without a name are left out.

    Raises:
        UserError: if it is not UTF-8, empty, or a row has more or fewer fields than the header.
    """
    try:
        with file.open(encoding="utf-8-sig") as lines:
            header = lines.readline()
    except UnicodeDecodeError as error:
        raise UserError(f"{file} is not UTF-8 text: save it with that encoding") from error
    separator = max(",;\t", key=header.count)
    try:
        table = pyarrow.csv.read_csv(
            file,
            read_options=pyarrow.csv.ReadOptions(block_size=BLOCK),
            parse_options=pyarrow.csv.ParseOptions(delimiter=separator, newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(strings_can_be_null=True),
        )
    except pa.ArrowInvalid as error:
        raise UserError(ragged_row(file, separator) or f"{file} cannot be read: {error}") from error
    for field in table.schema:
        if pa.types.is_binary(field.type):
            raise UserError(f"{file}: column {field.name!r} is not UTF-8 text: save the file with that encoding")
    names = [name.strip() for name in table.column_names]
    nameless = [position for position, name in enumerate(names) if not name]
    if nameless:
        log.warning(
            f"{file}: column {nameless[0] + 1} has no name, as the row labels that pandas and R write, and is left out"
        )
    columns = [read_decimal_commas(column) if separator == ";" else column for column in table.columns]
    return pa.table(columns, names).select([position for position, name in enumerate(names) if name])


def read_decimal_commas(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Read the numbers of a column that are written with a decimal comma.

    Args:
        column: of any type.

    Returns:
        float64 if all texts are numbers then; else text, with a point in those that are. Other types as they are.
    """
    if not pa.types.is_string(column.type):
        return column
    with_points = pc.replace_substring_regex(column, DECIMAL_COMMA, r"\1.\2")
    try:
        return with_points.cast(pa.float64())
    except pa.ArrowInvalid:
        return with_points


def ragged_row(file: Path, separator: str) -> str | None:
    """Find the first row that does not fit the header.

    Args:
        file: separated values in UTF-8.
        separator: what is between two fields.

    Returns:
        What is wrong where, in one line; None if every row fits.
    """
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        rows = csv.reader(lines, delimiter=separator)
        header = next(rows, [])
        for row in rows:
            if row and len(row) != len(header):
                return (
                    f"{file}, line {rows.line_num}: {len(row)} fields, but the header has {len(header)}: "
                    "fix or remove the row"
                )
    return None


def read_parquet(file: Path) -> pa.Table:
    """Read a Parquet file; the index that pandas may have stored is no column.

    Args:
        file: an existing file.

    Returns:
        The table.

    Raises:
        UserError: if it is no whole Parquet file.
    """
    try:
        table = pyarrow.parquet.read_table(file)
    except (pa.ArrowInvalid, OSError) as error:
        raise UserError(f"{file} is no whole Parquet file: {str(error).splitlines()[0]}") from error
    is_index = [name.startswith("__index_level_") for name in table.column_names]
    return table.drop_columns([name for name, found in zip(table.column_names, is_index, strict=True) if found])


def read_arrays(file: Path) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Read arrays saved by NumPy.

    Args:
        file: an existing file.

    Returns:
        `x` (or `X`), `y`, and all arrays by name.

    Raises:
        UserError: if it is damaged, or one of the two is missing.
    """
    try:
        # Opened here, because np.load leaves a damaged file open.
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as content:
            arrays = {name: content[name] for name in content.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"{file} cannot be read (damaged, or it holds Python objects): {error}") from error
    inputs = arrays.get("x", arrays.get("X"))
    targets = arrays.get("y")
    if inputs is None or targets is None:
        found = ", ".join(arrays) or "nothing"
        raise UserError(f"{file} must hold arrays x (or X) and y, and may hold names; found: {found}")
    return inputs, targets, arrays


def read_npz(file: Path) -> pa.Table:
    """Read arrays saved by NumPy as a table whose last column is `y`.

    Args:
        file: an existing file.

    Returns:
        The columns of `x` under their names, and `y`.

    Raises:
        UserError: if it is damaged, or an array is missing or has another shape.
    """
    inputs, targets, arrays = read_arrays(file)
    if inputs.ndim != 2 or targets.shape != inputs.shape[:1]:
        shapes = f"{inputs.shape} and {targets.shape}"
        hint = "; dataset=npz takes rows with channels" if inputs.ndim > 2 else ""
        raise UserError(f"{file}: expected x of shape (rows, columns) and y of shape (rows,), got {shapes}{hint}")
    names = [str(name) for name in arrays.get("feature_names", numbered_names(inputs.shape[1]))]
    if len(names) != inputs.shape[1]:
        raise UserError(f"{file}: feature_names has {len(names)} names, but x has {inputs.shape[1]} columns")
    return pa.table([*np.ascontiguousarray(inputs.T), targets], names=[*names, "y"])
