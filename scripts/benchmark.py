"""The tables of docs/benchmarks*.md, from comparisons that are cached: it can be stopped, and goes on.

    python scripts/benchmark.py --suite quick             small comparisons that show that all works
    python scripts/benchmark.py --suite full              three seeds or six folds, all methods; hours on one thread
    python scripts/benchmark.py --suite full --tables     compute nothing, write the pages from what is there

A row of ROWS (scripts/benchmark_rows.py) is one `spectral-compare` command; its folder is OUT/SUITE/NAME.
benchmarks_SUITE.md says for every table with which command it was made, and what was not run; the means of the full
suite stand in benchmarks.md.
"""

import argparse
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmark_pages import write_pages
from benchmark_rows import ROWS, Row, command

from spectral_exp.tracking.comparison_folder import COMPARISON


def compare(row: Row, suite: str, folder: Path) -> None:
    """Run what is missing of a row; what fails says so in its own table."""
    asked = [*command(row, suite), f"hydra.run.dir={folder}"]
    if (folder / COMPARISON).is_file():
        may_change = ("attribution=", "k=", "seeds=", "time_limit=")
        asked = [*(text for text in asked if text.startswith(may_change)), f"resume={folder}"]
    subprocess.run([sys.executable, "-m", "spectral_exp.cli.compare", *asked], check=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", choices=("quick", "full"), default="quick")
    parser.add_argument(
        "--only", nargs="+", metavar="ROW", choices=[row.name for row in ROWS], help="default: all rows"
    )
    parser.add_argument("--tables", action="store_true", help="compute nothing, write what is there")
    parser.add_argument("--out", type=Path, default=Path("outputs/benchmark"), help="where the comparisons are kept")
    parser.add_argument("--jobs", type=int, default=2, help="comparisons at a time, one thread each")
    parser.add_argument("--docs", type=Path, default=Path("docs"), help="where the pages are written")
    arguments = parser.parse_args()
    folder = (arguments.out / arguments.suite).resolve()
    rows = [row for row in ROWS if arguments.suite == "full" or row.n_seeds_quick]
    if not arguments.tables:
        asked = [row for row in rows if row.name in (arguments.only or [row.name])]
        with ThreadPoolExecutor(arguments.jobs) as pool:
            list(pool.map(lambda row: compare(row, arguments.suite, folder / row.name), asked))
    write_pages(arguments.docs, arguments.suite, rows, folder)


if __name__ == "__main__":
    main()
