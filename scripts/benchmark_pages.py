"""The pages that scripts/benchmark.py writes: means over comparisons, and every comparison's own table."""

import shlex
from collections.abc import Mapping, Sequence
from math import isnan, nan
from pathlib import Path
from statistics import mean

from benchmark_rows import FAMILIES, SIZES, Row, command, methods_of

from spectral_exp.report.comparison import OURS, Comparison
from spectral_exp.report.comparison_table import columns, headline, write_table
from spectral_exp.tracking.comparison_folder import COMPARISON

PAGE = "benchmarks.md"
START, END = "<!-- means: written by scripts/benchmark.py -->", "<!-- end of means -->"


def write_pages(docs: Path, suite: str, rows: Sequence[Row], folder: Path) -> None:
    """Write what the folder of a suite holds.

    Args:
        docs: the folder of the pages.
        suite: `quick` or `full`; the means of the full suite stand in `benchmarks.md` too.
        rows: of the suite.
        folder: with one folder per row.
    """
    found = {row: Comparison(folder / row.name) for row in rows if (folder / row.name / COMPARISON).is_file()}
    parts = [
        f"# Benchmarks: the {suite} suite",
        f"    python scripts/benchmark.py --suite {suite}",
        f"How to read it: [benchmarks]({PAGE}); what methods, measures and columns are: [compare](compare.md).",
        *means(found),
        *(section(row, suite, comparison) for row, comparison in found.items()),
    ]
    if not_run := [row.title for row in rows if row not in found]:
        parts.append(f"Not run yet: {'; '.join(not_run)}.")
    (docs / f"benchmarks_{suite}.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    if suite == "full":
        page = docs / PAGE
        before, start, rest = page.read_text(encoding="utf-8").partition(START)
        if not start:
            raise SystemExit(f"{page}: there is no {START}")
        text = "\n\n".join([START, *means(found), END])
        page.write_text(before + text + rest.partition(END)[2], encoding="utf-8")


def means(found: Mapping[Row, Comparison]) -> list[str]:
    """Write what comparisons say together: a column for each kind of data, then Protocol G and the noisy sets."""
    families = {
        row: ("mean", family, f"m = {size}")
        for row in found
        for family in FAMILIES
        for size in SIZES
        if row.name == f"{family}_{size}"
    }
    noisy_sets = {row: ("mean", row.name) for row in found if row.measure == "truth_average_precision"}
    kinds = {row: (f"{row.name.removesuffix('_protocol_k')}, k = {one.middle_k}",) for row, one in found.items()}
    kinds |= dict.fromkeys(families, ("Protocol G",)) | dict.fromkeys(noisy_sets, ("noisy sets",))
    tables = {
        "Everything in one table": (
            kinds,
            "Accuracy of the judge with k inputs, the middle one of those that were tried. Protocol G: share of the "
            "inputs that decide among as many first ones. Noisy sets: average precision of the inputs that matter. "
            "Means over seeds or folds, and over the sets of a kind. Bold: the best of a column, and our methods. "
            "Empty: not run, or not on all sets of a kind, or not with all seeds.",
        ),
        "Protocol G: share of the inputs that decide among as many first ones": (
            families,
            "Means over folds, and over the sizes (families) or the families (m inputs).",
        ),
        "Noisy sets: average precision of the inputs that matter": (noisy_sets, "Means over seeds."),
    }
    return [
        part
        for title, (heads_of, said) in tables.items()
        if heads_of
        for part in (f"### {title}", said, mean_table(found, heads_of))
    ]


def mean_table(found: Mapping[Row, Comparison], heads_of: Mapping[Row, Sequence[str]]) -> str:
    """Lay out means over comparisons in Markdown, best first by the first column.

    Args:
        found: the comparisons.
        heads_of: for every row that counts the heads of the columns in which it does.

    Returns:
        The table.
    """
    heads = dict.fromkeys(head for place in zip(*heads_of.values(), strict=True) for head in place)
    groups = [[row for row in heads_of if head in heads_of[row]] for head in heads]
    methods = dict.fromkeys(method for row in heads_of for method in found[row].methods)
    values = {
        method: [mean(_value(row, found[row], method) for row in group) for group in groups] for method in methods
    }
    best = [max(column, key=lambda value: (not isnan(value), value)) for column in zip(*values.values(), strict=True)]
    lines = [f"| method | {' | '.join(heads)} |", "| --- |" + " ---: |" * len(heads)]
    known = [method for method in methods if not all(map(isnan, values[method]))]
    for method in sorted(known, key=lambda method: (isnan(values[method][0]), -values[method][0])):
        cells = [f"**{method}**" if method.startswith(OURS) else method]
        for value, first in zip(values[method], best, strict=True):
            cells.append("" if isnan(value) else f"**{value:.3f}**" if value == first else f"{value:.3f}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _value(row: Row, comparison: Comparison, method: str) -> float:
    measure, k = (row.measure, None) if row.measure else (comparison.best, comparison.middle_k)
    found = comparison.estimate(method, measure, k)
    return found.mean if found.n == len(comparison.seeds) else nan


def section(row: Row, suite: str, comparison: Comparison) -> str:
    """Write a row's own table.

    Args:
        row: the row.
        suite: `quick` or `full`.
        comparison: what it has left.

    Returns:
        Markdown: title, command, what was found, and the table with a row for what was not run too.
    """
    asked = f"    spectral-compare {shlex.join(command(row, suite))}"
    said = f"{headline(comparison)} Seeds {comparison.seeds}, k = {comparison.k}. {machines(comparison)}"
    if suite == "full" and len(comparison.seeds) < len(row.seeds):
        said += f" Of {len(row.seeds)} seeds {len(comparison.seeds)} were run."
    shown = columns(comparison, with_early=True)
    missing = [method for method in methods_of(row, suite) if method not in comparison.methods]
    blank = " |" * len(shown)
    table = "\n".join([write_table(comparison, shown), *(f"| {method} |{blank} not run |" for method in missing)])
    if row.is_folded:
        parts = [f"<details><summary>{row.title}</summary>", asked, said, table, "</details>"]
    else:
        parts = [f"### {row.title}", asked, said, table]
    return "\n\n".join(parts)


def machines(comparison: Comparison) -> str:
    """Say on what a table was computed."""
    told = [
        f"{one['hardware']['processor']}, {one['hardware']['n_cores']} cores, PyTorch {one['versions']['torch']}"
        for one in comparison.machines
    ]
    return f"{'; '.join(told)}."
