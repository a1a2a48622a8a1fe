"""All jobs of a sweep in one table."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from spectral_exp.errors import UserError
from spectral_exp.report.names import shorten
from spectral_exp.report.paths import from_here
from spectral_exp.report.run_files import RunFiles
from spectral_exp.report.run_row import SCORES, order_columns, run_row
from spectral_exp.tracking.run_folder import STATUS, write_whole

SWEEP = "sweep.csv"

_FIRST = ("job", "state")


def write_sweep_table(sweep_folder: Path) -> Path:
    """Write one row per job: its overrides, its state and its final metrics.

    A job that died before it could write anything has a row as well.

    Args:
        sweep_folder: the folder that holds one folder per job.

    Returns:
        The table, `sweep.csv` in the sweep's folder.

    Raises:
        UserError: if there is no job.
    """
    rows = [{"job": job.name, **run_row(RunFiles(job))} for job in _jobs(sweep_folder)]
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
    rows = [{"job": job.name, **run_row(RunFiles(job))} for job in _jobs(sweep_folder)]
    shown = [column for column in order_columns(rows, _FIRST) if _is_shown(column, rows)]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in shown:
        table.add_column(Text(column), justify="left" if column in ("state", "error") else "right", overflow="fold")
    for row in rows:
        style = "" if row["state"] == "done" else "red"
        table.add_row(*(Text(_cell(row.get(column, ""))) for column in shown), style=style)
    console.print()
    console.print(table)
    console.print()
    console.print(Text(f"{'sweep':<9}{from_here(sweep_folder / SWEEP)}"), soft_wrap=True)


def _jobs(sweep_folder: Path) -> list[Path]:
    # List the jobs' folders, 2 before 10.
    folders = sweep_folder.iterdir() if sweep_folder.is_dir() else ()
    jobs = [folder for folder in folders if (folder / STATUS).is_file() or (folder.is_dir() and folder.name.isdigit())]
    if not jobs:
        raise UserError(f"{sweep_folder} is not the folder of a sweep: no job in it; give a folder of outputs/sweeps")
    return sorted(jobs, key=lambda job: (not job.name.isdigit(), int(job.name) if job.name.isdigit() else 0, job.name))


def _is_shown(column: str, rows: Sequence[Mapping[str, object]]) -> bool:
    # Leave out what is the same in all jobs, or says little: the file has it.
    values = {str(row.get(column, "")) for row in rows}
    if column in ("job", "state", "n_selected", "seconds"):
        return True
    if column.startswith(SCORES) or column == "n_features":
        return column.startswith("test/") and not column.endswith("/loss")
    return len(values) > 1 if column != "error" else values != {""}


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else shorten(str(value), 60)
