"""`spectral-rank`: the ranking of a run, or the score for every number of inputs, for people and for pipes."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from spectral_exp.cli.ending import run_command
from spectral_exp.errors import UserError
from spectral_exp.report.run_files import RunFiles

N_TABLE_ROWS = 20

_EXAMPLES = f"""
examples:
  spectral-rank outputs/runs/digits/2026-01-31_12-00-00     the {N_TABLE_ROWS} most relevant inputs, as a table
  spectral-rank RUN --top 50                                the first 50
  spectral-rank RUN --format csv > ranking.csv              all inputs, for a spreadsheet or pandas
  spectral-rank RUN --format json --top 5 | jq '.[].name'   names for a script
  spectral-rank RUN --curve                                 validation score for every number of inputs

Relevance is the norm of the input's weight column; the larger, the more the input matters.
The curve needs a run with regularization=path; the inputs behind its K-input row are those of --top K.
A run's folder is printed at the end of spectral-train. Given a folder of runs, the newest is named.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the ranking of a run, or its curve.

    Args:
        arguments: the command line without the program's name; that of the process by default.

    Returns:
        The exit code; see `run_command`.
    """
    options = _parser().parse_args(arguments)

    def show() -> None:
        run = RunFiles(options.run)
        if options.curve:
            _print_curve(run, options.format)
        else:
            _print_ranking(run, options.format, options.top)

    return run_command("spectral-rank", show)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="spectral-rank",
        description="Show which inputs of a run matter, most relevant first.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("run", metavar="RUN", type=Path, help="the folder of a run")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--top",
        metavar="N",
        type=_count,
        help=f"show the N most relevant inputs (default: {N_TABLE_ROWS} in a table, all in csv and json)",
    )
    what.add_argument(
        "--curve",
        action="store_true",
        help="show the validation score for every number of inputs instead (of a run with regularization=path)",
    )
    parser.add_argument(
        "--format",
        choices=("table", *_WRITERS),
        default="table",
        help="table (default) for people, csv and json for pipes",
    )
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text!r}")
    return int(text)


def _print_ranking(run: RunFiles, form: str, top: int | None) -> None:
    ranking = run.ranking
    if form != "table":
        _WRITERS[form]([one._asdict() for one in ranking[:top]])
        return
    from rich.console import Console

    from spectral_exp.report.ranking_table import ranking_table

    console = Console(highlight=False)
    console.print(ranking_table(ranking, top or N_TABLE_ROWS, console.width))
    n_kept = sum(one.selected for one in ranking)
    console.print(f"{n_kept:,} of {len(ranking):,} inputs kept", style="bold")


def _print_curve(run: RunFiles, form: str) -> None:
    curve = run.path_curve
    if curve is None:
        raise UserError(
            f"{run.folder} has no curve: no validation scores with different numbers of inputs; "
            "train with regularization=path"
        )
    if form != "table":
        _WRITERS[form]([{"n_kept": one.n_kept, "epoch": one.epoch, curve.metric: one.score} for one in curve.points])
        return
    from rich.console import Console

    from spectral_exp.report.path_curve_table import path_curve_table

    console = Console(highlight=False)
    console.print(path_curve_table(curve, N_TABLE_ROWS))
    if len(curve.points) > N_TABLE_ROWS:
        console.print(f"{N_TABLE_ROWS} of {len(curve.points):,} rows; --format csv has all", style="bold")


def _write_csv(records: Sequence[dict[str, Any]]) -> None:
    import csv

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(records[0])
    for record in records:
        writer.writerow(str(value).lower() if isinstance(value, bool) else value for value in record.values())


def _write_json(records: Sequence[dict[str, Any]]) -> None:
    import json

    json.dump(records, sys.stdout, indent=2, ensure_ascii=False)
    print()


_WRITERS = {"csv": _write_csv, "json": _write_json}
