"""The history of a run's metrics: a CSV file with one row per epoch."""

import csv
from collections.abc import Mapping
from pathlib import Path

from spectral_exp.tracking.run_folder import write_whole


class MetricsHistory:
    """Append one row per epoch; a kill loses at most the row that was being written.

    The first row fixes the columns; a value missing in a later row leaves its field empty.

    Args:
        path: the CSV file.
        keep_until_epoch: None starts an empty history in place of whatever was there. An epoch, on resume, keeps
            the rows up to and including it as they are and drops later ones.
    """

    def __init__(self, path: Path, keep_until_epoch: int | None = None):
        kept: list[str] = []
        if keep_until_epoch is not None and path.exists():
            header, *lines = _whole_lines(path) or [""]
            epochs = [int(row["epoch"]) for row in csv.DictReader([header, *lines])]
            kept = [header] + [line for line, epoch in zip(lines, epochs, strict=True) if epoch <= keep_until_epoch]
        write_whole(path, lambda beside: beside.write_text("".join(kept), encoding="utf-8", newline=""))
        self._file = path.open("a", encoding="utf-8", newline="")
        self._writer = csv.DictWriter(self._file, next(csv.reader(kept), []), restval="", lineterminator="\n")

    def append(self, row: Mapping[str, float | None]) -> None:
        """Write one row and hand it to the operating system.

        Args:
            row: column to number, or None for an empty field; `epoch` is one of the columns.

        Raises:
            ValueError: if the row has a column that the first one did not have.
        """
        if not self._writer.fieldnames:
            self._writer.fieldnames = list(row)
            self._writer.writeheader()
        self._writer.writerow(row)
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_history(path: Path) -> list[dict[str, float]]:
    """Read the whole rows of a history, also while a run writes it or after a kill cut it.

    Args:
        path: the CSV file.

    Returns:
        One dict per row, column to number: int where the file has one, nan for an empty field.
    """
    return [{column: _number(field) for column, field in row.items()} for row in csv.DictReader(_whole_lines(path))]


def _whole_lines(path: Path) -> list[str]:
    # Cut at the last line end first: the torn rest may end inside a character of UTF-8.
    content = path.read_bytes()
    return content[: content.rfind(b"\n") + 1].decode().splitlines(keepends=True)


def _number(field: str) -> float:
    try:
        return int(field)
    except ValueError:
        return float(field or "nan")
