"""`spectral-report`: a run, or any folder of runs, as one HTML page, as tables and figures, or as a live page."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from spectral_exp.cli.ending import run_command
from spectral_exp.errors import UserError

if TYPE_CHECKING:
    from spectral_exp.report.collect import CollectedRun

PAGE = "report.html"
PORT = 8750

_EXAMPLES = f"""
examples:
  spectral-report outputs/runs/digits/2026-01-31_12-00-00     one run: writes {PAGE} into its folder
  spectral-report outputs/sweeps/digits/2026-01-31_12-00-00   all jobs of a sweep, put together over seeds
  spectral-report outputs --out all.html                      every run there is
  spectral-report SWEEP --tables csv                          runs, configurations and inputs as tables for pandas
  spectral-report SWEEP --figures                             each figure as SVG and PNG, too
  spectral-report outputs --serve                             a live page, while runs go on

The page is one file that needs no network: mail it, keep it with the paper. It is made from files alone, so it also
shows runs that still go on, failed or were killed. Runs that differ in nothing but seed and fold are averaged.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, and tables and figures if asked for; or serve it.

    Args:
        arguments: the command line without the program's name; that of the process by default.

    Returns:
        The exit code; see `run_command`.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.serve and (options.out or options.tables or options.figures):
        parser.error("--serve shows a page and writes nothing: leave --out, --tables and --figures out")

    def report() -> None:
        if options.serve:
            _serve(options.path, options.host, options.port)
        else:
            _report(options.path, options.out or options.path / PAGE, options.tables, options.figures)

    return run_command("spectral-report", report)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="spectral-report",
        description="Show a run, a sweep, any folder of runs, or a comparison of methods as one HTML page.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("path", metavar="PATH", type=Path, help="the folder of a run, of a sweep, or of many")
    parser.add_argument("--out", metavar="FILE", type=Path, help=f"the page (default: {PAGE} in PATH)")
    parser.add_argument(
        "--tables",
        choices=("csv", "parquet"),
        help="also write the tables of runs, configurations and inputs beside the page",
    )
    parser.add_argument(
        "--figures",
        action="store_true",
        help="also write each figure as SVG and PNG beside the page; "
        "needs pip install 'spectral_exp[figures]' and Chrome or Chromium",
    )
    parser.add_argument(
        "--serve",
        action="store_true",
        help="show a live page that follows the runs instead of writing one; Ctrl-C ends",
    )
    parser.add_argument("--port", metavar="N", type=int, default=PORT, help=f"of the live page (default: {PORT})")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address of the live page (default: %(default)s, this machine alone)"
    )
    return parser


def _serve(path: Path, host: str, port: int) -> None:
    from spectral_exp.report.live.live_report import LiveReport
    from spectral_exp.report.live.server import ReportServer
    from spectral_exp.report.paths import from_here

    if not path.is_dir():
        raise UserError(f"{path} is no folder; give the folder of a run or of a sweep, such as outputs")
    try:
        server = ReportServer(LiveReport(path), host, port)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no such port"
        raise UserError(f"{host}:{port} cannot be had ({reason}); name another with --port or --host") from error
    with server:
        print(f"{from_here(path)} is followed at {server.url}  (Ctrl-C ends)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


def _report(path: Path, out: Path, tables: str | None, figures: bool) -> None:
    from spectral_exp.report.collect import collect
    from spectral_exp.report.comparison import Comparison
    from spectral_exp.report.page.write import write_comparison_page, write_page
    from spectral_exp.report.paths import from_here
    from spectral_exp.tracking.comparison_folder import COMPARISON, TABLE

    if out.is_dir():
        raise UserError(f"{out} is a folder; give a file such as {out / PAGE}")
    runs = [] if (path / COMPARISON).is_file() else collect(path)
    content = write_page(path, runs, out) if runs else write_comparison_page(Comparison(path), out)
    for headline in content.headlines:
        print(headline)
    print(f"page     {from_here(out)}")
    if tables and not runs:
        raise UserError(f"--tables: the tables of a comparison are in its folder already, such as {path / TABLE}")
    if tables:
        for table in _write_tables(runs, out, tables):
            print(f"table    {from_here(table)}")
    if figures:
        from spectral_exp.report.page.figures import write_figures

        print(f"figures  {from_here(write_figures(content.charts, out.with_name(f'{out.stem}_figures')))}")


def _write_tables(runs: "list[CollectedRun]", out: Path, suffix: str) -> list[Path]:
    from spectral_exp.report.aggregate import configurations_table, problems
    from spectral_exp.report.collect import runs_table, write_table
    from spectral_exp.report.consensus import inputs_table

    found = problems(runs)
    tables = {"runs": runs_table(runs), "configurations": configurations_table(found), "inputs": inputs_table(found)}
    paths = []
    for name, table in tables.items():
        paths.append(out.with_name(f"{out.stem}_{name}.{suffix}"))
        write_table(table, paths[-1])
    return paths


if __name__ == "__main__":
    sys.exit(main())
