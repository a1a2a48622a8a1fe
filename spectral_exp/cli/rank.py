"""`spectral-rank`: the ranking of a run, for people and for pipes."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from spectral_exp.errors import UserError
from spectral_exp.report.ranking import RankedFeature
from spectral_exp.report.run_files import RunFiles

N_TABLE_ROWS = 20

_EXAMPLES = f"""
examples:
  spectral-rank outputs/runs/digits/2026-01-31_12-00-00     the {N_TABLE_ROWS} most relevant inputs, as a table
  spectral-rank RUN --top 50                                the first 50
  spectral-rank RUN --format csv > ranking.csv              all inputs, for a spreadsheet or pandas
  spectral-rank RUN --format json --top 5 | jq '.[].name'   names for a script

Relevance is the norm of the input's weight column; the larger, the more the input matters.
A run's folder is printed at the end of spectral-train. Given a folder of runs, the newest is named.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the ranking of a run.

    Args:
        arguments: the command line without the program's name; that of the process by default.

    Returns:
        The exit code: 0, or 2 for bad input.
    """
    options = _parser().parse_args(arguments)
    try:
        ranking = RunFiles(options.run).ranking
        _WRITERS[options.format](ranking, options.top)
        sys.stdout.flush()
    except UserError as error:
        print(f"spectral-rank: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough; the interpreter must not flush into the closed pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="spectral-rank",
        description="Show which inputs of a run matter, most relevant first.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("run", metavar="RUN", type=Path, help="the folder of a run")
    parser.add_argument(
        "--top",
        metavar="N",
        type=_count,
        help=f"show the N most relevant inputs (default: {N_TABLE_ROWS} in a table, all in csv and json)",
    )
    parser.add_argument(
        "--format", choices=tuple(_WRITERS), default="table", help="table (default) for people, csv and json for pipes"
    )
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text!r}")
    return int(text)


def _write_table(ranking: Sequence[RankedFeature], top: int | None) -> None:
    from rich.console import Console

    from spectral_exp.report.ranking_table import ranking_table

    console = Console(highlight=False)
    console.print(ranking_table(ranking, top or N_TABLE_ROWS, console.width))
    n_kept = sum(one.selected for one in ranking)
    console.print(f"{n_kept:,} of {len(ranking):,} inputs kept", style="bold")


def _write_csv(ranking: Sequence[RankedFeature], top: int | None) -> None:
    import csv

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(RankedFeature._fields)
    writer.writerows(one._replace(selected=str(one.selected).lower()) for one in ranking[:top])  # type: ignore[arg-type]


def _write_json(ranking: Sequence[RankedFeature], top: int | None) -> None:
    import json

    json.dump([one._asdict() for one in ranking[:top]], sys.stdout, indent=2, ensure_ascii=False)
    print()


_WRITERS = {"table": _write_table, "csv": _write_csv, "json": _write_json}
