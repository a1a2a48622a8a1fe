"""All jobs of a sweep in one table."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from spectral_exp.errors import UserError
from spectral_exp.report.names import last_word, shorten
from spectral_exp.report.paths import from_here
from spectral_exp.report.run_files import RunFiles
from spectral_exp.report.run_row import SCORES, order_columns, run_row
from spectral_exp.tracking.run_folder import STATUS, write_whole
from spectral_exp.tracking.sweep_record import read_sweep_record

SWEEP = "sweep.csv"

N_DIGITS = 8  # a longer number, as a search finds them, is shown rounded
_FIRST = ("job", "state")


def write_sweep_table(sweep_folder: Path) -> Path:
    """Write one row per job: its overrides, its state and its final metrics.

    A job that died before it could write anything, or was never started, has a row as well.

    Args:
        sweep_folder: the folder that holds one folder per job.

    Returns:
        The table, `sweep.csv` in the sweep's folder.

    Raises:
        UserError: if there is no job.
    """
    rows = _rows(sweep_folder)
    columns = order_columns(rows, _FIRST)

    def write(path: Path) -> None:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, restval="")
            writer.writeheader()
            writer.writerows(rows)

    write_whole(sweep_folder / SWEEP, write)
    return sweep_folder / SWEEP


def print_sweep(sweep_folder: Path, console: Console | None = None) -> None:
    """Print the sweep's jobs: what differs between them, and what came out.

    Args:
        sweep_folder: the folder that holds one folder per job.
        console: where to print; the standard output by default, in plain text if that is no terminal.

    Raises:
        UserError: if there is no job.
    """
    console = console or Console(highlight=False)
    rows = _rows(sweep_folder)
    shown = [column for column in order_columns(rows, _FIRST) if _is_shown(column, rows)]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column, head in zip(shown, _heads(shown), strict=True):
        table.add_column(Text(head), justify="left" if column == "state" else "right", overflow="fold")
    for row in rows:
        style = {"done": "", "pruned": "dim"}.get(str(row["state"]), "red")
        table.add_row(*(Text(_cell(row.get(column, ""))) for column in shown), style=style)
    console.print()
    console.print(table)
    console.print()
    for line in _errors(rows):
        console.print(Text(line, style="red"), soft_wrap=True)
    console.print(Text(f"{'sweep':<9}{from_here(sweep_folder / SWEEP)}"), soft_wrap=True)
    console.print(Text(f"{'page':<9}spectral-report {from_here(sweep_folder)}"), soft_wrap=True)


def _rows(sweep_folder: Path) -> list[dict[str, object]]:
    # One per job, 2 before 10.
    record = read_sweep_record(sweep_folder)
    recorded = record.jobs if record else {}
    folders = sweep_folder.iterdir() if sweep_folder.is_dir() else ()
    found = {folder.name for folder in folders if (folder / STATUS).is_file() or _is_job_folder(folder)}
    names = sorted(found | recorded.keys(), key=lambda name: (not name.isdigit(), name.zfill(9)))
    if not names:
        raise UserError(f"{sweep_folder} is not the folder of a sweep: no job in it; give a folder of outputs/sweeps")
    return [{"job": name, **run_row(RunFiles(sweep_folder / name), recorded.get(name))} for name in names]


def _is_job_folder(folder: Path) -> bool:
    return folder.is_dir() and folder.name.isdigit()


def _heads(columns: Sequence[str]) -> list[str]:
    # Without the groups of a key, where its last word is enough: `strength` for `regularization.strength`.
    last = [column if column.startswith(SCORES) else last_word(column) for column in columns]
    return [word if last.count(word) == 1 else column for word, column in zip(last, columns, strict=True)]


def _errors(rows: Iterable[Mapping[str, object]]) -> list[str]:
    # A line per error; jobs that failed alike share it.
    jobs: dict[str, list[str]] = {}
    for row in rows:
        if row["error"]:
            jobs.setdefault(str(row["error"]), []).append(str(row["job"]))
    return [f"job{'s' * (len(some) > 1)} {', '.join(some)}: {error}" for error, some in jobs.items()]


def _is_shown(column: str, rows: Sequence[Mapping[str, object]]) -> bool:
    # Leave out what is the same in all jobs, or says little: the file has it.
    values = {str(row.get(column, "")) for row in rows}
    if column in ("job", "state", "n_selected", "seconds"):
        return True
    if column.startswith(SCORES) or column == "n_features":
        return column.startswith("test/") and not column.endswith("/loss")
    return len(values) > 1 and column != "error"


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    try:
        return f"{float(text):.4g}" if isinstance(value, float) or len(text) > N_DIGITS else text
    except ValueError:
        return shorten(text, 60)
