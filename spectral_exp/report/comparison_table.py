"""The table of a comparison, in Markdown: one row per method, best first, and what it says in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isnan

from spectral_exp.counting import counted
from spectral_exp.report.aggregate import Estimate
from spectral_exp.report.comparison import ALL_INPUTS, OURS, Comparison

Column = tuple[str, Callable[[str], str]]


def markdown(comparison: Comparison) -> str:
    """Write the tables of a comparison.

    Args:
        comparison: the comparison.

    Returns:
        Markdown: a sentence, the table, and what the columns are.
    """
    score = comparison.score
    better = "higher" if score.is_higher_better else "lower"
    notes = [
        f"Mean (sd) over {counted(len(comparison.seeds), 'seed')}. k = n: test {score.words} of the judge trained on "
        f"the first n inputs alone, at the epoch with the best validation score; {better} is better. "
        "insertion, deletion: area under the score of one shared net, not retrained, while the inputs in the order of "
        "the ranking appear, or vanish. stability: Nogueira's, of the first k over the seeds, with its 95 % interval. "
        "CPU s: of training the net that a method needs, and of its ranking, on "
        f"{counted(comparison.record['settings']['n_threads'], 'thread')}; only ratios within a table mean anything."
    ]
    return "\n\n".join([headline(comparison), write_table(comparison, columns(comparison)), *notes]) + "\n"


def print_comparison(comparison: Comparison) -> None:
    """Show the table on the terminal.

    Args:
        comparison: the comparison.
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from spectral_exp.report.paths import from_here

    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("method", no_wrap=True)
    left_out = ("insertion", "deletion", "AUROC")
    chosen = [column for column in columns(comparison, with_interval=False) if not column[0].startswith(left_out)]
    for name, _ in chosen:
        table.add_column(name, justify="right")
    problems = []
    for method in comparison.by_score:
        style = "bold" if method.startswith(OURS) else None
        table.add_row(method, *(cell(method) for _, cell in chosen), style=style)
        if problem := comparison.problem(method):
            problems.append(f"{method}: {problem}")
    console.print(table)
    for problem in problems:
        console.print(f"[red]{escape(problem)}[/red]", soft_wrap=True)
    console.print(headline(comparison), style="bold", soft_wrap=True)
    console.print(f"tables and figures  {from_here(comparison.folder)}", soft_wrap=True, markup=False)


def headline(comparison: Comparison) -> str:
    """Say which method is first, and where ours stand.

    Args:
        comparison: the comparison.

    Returns:
        One or two sentences.
    """
    order = [method for method in comparison.by_score if method in comparison.rankings]
    if not order:
        return "No method has a ranking."
    by = (
        "average precision against the known truth"
        if comparison.has_truth
        else f"{comparison.score.words}, mean over k"
    )
    text = f"First by {by}: {order[0]}."
    ours = [method for method in order if method.startswith(OURS)]
    if ours and ours[0] != order[0]:
        text += f" The best of ours, {ours[0]}, is number {order.index(ours[0]) + 1} of {len(order)}."
    return text


def columns(comparison: Comparison, with_interval: bool = True, with_early: bool = False) -> list[Column]:
    """Choose what the table shows.

    Args:
        comparison: the comparison.
        with_interval: whether the stability has its interval.
        with_early: whether the judge's score after 20 epochs is shown too, for the middle k.

    Returns:
        Heading, and what it says of a method.
    """
    form = ".3f" if comparison.score.is_higher_better else ".4g"

    def of(measure: str, k: int | None = None, form: str = ".3f") -> Callable[[str], str]:
        return lambda method: spread(comparison.estimate(method, measure, k), form)

    found: list[Column] = []
    if comparison.has_truth:
        found += [("average precision", of("truth_average_precision")), ("AUROC", of("truth_auroc"))]
        found += [("best-k", of("truth_best_k", form=".2f"))]
    found += [(f"k = {k}", of(comparison.best, k, form)) for k in comparison.k]
    k = comparison.middle_k
    if with_early:
        n_epochs = comparison.early.rpartition("_")[2]
        found.append((f"k = {k}, {n_epochs} epochs", of(comparison.early, k, form)))
    found += [("insertion ↑", of("insertion_area")), ("deletion ↓", of("deletion_area"))]
    found.append((f"stability, k = {k}", lambda method: _stability(comparison, method, k, with_interval)))
    found.append(("CPU s training", lambda method: _number(comparison.seconds(method)[0])))
    found.append(("CPU s ranking", lambda method: _number(comparison.seconds(method)[1])))
    return found


def write_table(comparison: Comparison, chosen: Sequence[Column]) -> str:
    """Lay a table out in Markdown.

    Args:
        comparison: the comparison.
        chosen: the columns.

    Returns:
        The table; the judge with all inputs first, then the methods, best first; in place of what is missing the
        reason.
    """
    n_features = comparison.info.n_features
    everything = spread(comparison.estimate(ALL_INPUTS, comparison.best, n_features), ".3f")
    lines = [["method", *(name for name, _ in chosen), "note"]]
    lines.append(["---", *("---:" for _ in chosen), "---"])
    first = next((at for at, (name, _) in enumerate(chosen) if name.startswith("k = ")), None)
    if first is not None and everything:
        cells = ["" for _ in chosen]
        cells[first] = everything
        lines.append([f"{ALL_INPUTS} (k = {n_features})", *cells, ""])
    for method in comparison.by_score:
        is_ours = method.startswith(OURS)
        name = f"**{method}**" if is_ours else method
        lines.append([name, *(cell(method) for _, cell in chosen), comparison.problem(method).replace("|", "/")])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def spread(value: Estimate, form: str) -> str:
    """Write mean and standard deviation.

    Args:
        value: the estimate.
        form: how numbers are written.

    Returns:
        Such as "0.912 (0.004)"; empty if there is no value.
    """
    if isnan(value.mean):
        return ""
    return f"{value.mean:{form}}" + ("" if isnan(value.sd) else f" ({value.sd:{form}})")


def _stability(comparison: Comparison, method: str, k: int, with_interval: bool) -> str:
    if method not in comparison.rankings:
        return ""
    found = comparison.stability(method, k)
    if isnan(found.value):
        return ""
    return f"{found.value:.2f}" + (f" [{found.low:.2f}, {found.high:.2f}]" if with_interval else "")


def _number(value: float) -> str:
    return "" if isnan(value) else f"{value:.3g}"
