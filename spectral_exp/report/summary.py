"""What `spectral-train` says at its end: how good, how many inputs, which ones, and where it all lies."""

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from spectral_exp.report.names import SCORES
from spectral_exp.report.paths import from_here
from spectral_exp.report.ranking import join_groups
from spectral_exp.report.ranking_table import ranking_table
from spectral_exp.report.run_files import RunFiles
from spectral_exp.tracking.run_folder import DATASET, FIGURES, RANKING

N_TOP = 10

_METRICS = {f"test/{metric}": f"test {words}" for metric, words in (SCORES | {"r2": "R²"}).items()}


def print_summary(run_folder: Path, console: Console | None = None) -> None:
    """Print the result of a run on one screen.

    Args:
        run_folder: the folder of a finished run.
        console: where to print; the standard output by default, in plain text if that is no terminal.

    Raises:
        UserError: if metrics or ranking are missing or broken.
    """
    console = console or Console(highlight=False)
    run = RunFiles(run_folder)
    n_kept = sum(one.selected for one in run.ranking)

    facts = _two_columns()
    for key, name in _METRICS.items():
        if key in run.metrics:
            before = run.metrics.get(f"before_refit/{key}")
            about = "" if before is None else f"  ({before:.4g} before the refit)"
            facts.add_row(name, Text.assemble((f"{run.metrics[key]:.4g}", "bold"), about))
    facts.add_row("inputs kept", Text(f"{n_kept:,} of {len(run.ranking):,}", style="bold"))

    console.print()
    console.print(facts)
    if "selection/rule" in run.metrics:
        console.print(Text(f"{run.metrics['selection/rule']}"))
    console.print()
    rows = join_groups(run.ranking, run.dataset.groups if run.has(DATASET) else None)
    console.print(ranking_table(rows, N_TOP, console.width))
    console.print()
    for name, path in (
        ("ranking", run_folder / RANKING),
        ("figures", run_folder / FIGURES),
        ("run", run_folder),
    ):
        if path.exists():
            # Whole on one line, however narrow the terminal: a path is there to be copied.
            console.print(Text(f"{name:<9}{from_here(path)}"), soft_wrap=True)
    for name, command in (("more", "spectral-rank"), ("page", "spectral-report")):
        console.print(Text(f"{name:<9}{command} {from_here(run_folder)}"), soft_wrap=True)


def _two_columns() -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column()
    return table
