"""What the page says of a comparison of methods."""

from __future__ import annotations

import shlex

import numpy as np

from spectral_exp.counting import counted
from spectral_exp.evaluation.agreement import top_k_frequency
from spectral_exp.report.comparison import Comparison
from spectral_exp.report.comparison_table import columns, headline
from spectral_exp.report.page.comparison_charts import agreement_chart, cost_chart, score_chart
from spectral_exp.report.page.content import Content
from spectral_exp.report.page.image_chart import image_chart
from spectral_exp.report.page.section import Section
from spectral_exp.report.page.table import Cell, Row, Table
from spectral_exp.tracking.run_folder import CONFIG


def build_comparison_content(comparison: Comparison) -> Content:
    """Put together what can be said of a comparison.

    Args:
        comparison: the comparison, as far as it is.

    Returns:
        The content.
    """
    sections = [_asked(comparison), _methods(comparison)]
    if comparison.rankings:
        sections.append(_agreement(comparison))
    sections.append(_about(comparison))
    title = f"{comparison.info.name}: {counted(len(comparison.methods), 'method')}"
    return Content(title, [headline(comparison)], sections)


def _asked(comparison: Comparison) -> Section:
    info = comparison.info
    facts = {
        "data set": info.name,
        "task": info.task,
        "inputs": f"{info.n_features:,}",
        "seeds": ", ".join(map(str, comparison.seeds)),
        "k": ", ".join(map(str, comparison.k)),
        "asked for": ", ".join(comparison.record["overrides"]) or "nothing but the defaults",
    }
    says = (
        "Every method ranked the inputs of the same rows; one fixed network, the judge, was trained anew on the "
        "first k inputs of each ranking. All nets share architecture, budget and seeds."
    )
    return Section("What was asked", [says], facts)


def _methods(comparison: Comparison) -> Section:
    section = Section("Methods")
    chosen = columns(comparison)
    rows = []
    for method in comparison.by_score:
        problem = comparison.problem(method)
        cells = [Cell(method)] + [_cell(write(method)) for _, write in chosen] + [Cell(problem)]
        rows.append(Row(cells, is_bad=bool(problem)))
        if problem:
            section.warnings.append(f"{method}: {problem}")
    names = [name for name, _ in chosen]
    note = "Mean (standard deviation) over the seeds; best first."
    section.tables.append(Table("Methods", ("method", *names, "note"), rows, note=note, numeric=frozenset(names)))
    if comparison.rankings:
        section.charts = [score_chart(comparison), cost_chart(comparison, comparison.middle_k)]
    return section


def _cell(text: str) -> Cell:
    return Cell(text, float(text.split()[0]) if text else None)


def _agreement(comparison: Comparison) -> Section:
    section = Section("Which inputs")
    if len(comparison.rankings) > 1:
        section.charts.append(agreement_chart(comparison))
    if comparison.info.is_image:
        k, best = comparison.middle_k, next(one for one in comparison.by_score if one in comparison.rankings)
        rankings = {method: np.stack(list(found.values())) for method, found in comparison.rankings.items()}
        section.charts.append(
            image_chart(
                top_k_frequency(list(rankings.values()), k),
                top_k_frequency([rankings[best]], k),
                comparison.info.shape,
                ("all methods", best),
                f"How often a pixel is among the first {k}: over all methods, and the seeds of {best} (blue: all).",
                "pixels",
            )
        )
    return section


def _about(comparison: Comparison) -> Section:
    record = comparison.record
    machines = [{"python": one["python"], **one["versions"], **one["hardware"]} for one in comparison.machines]
    names = dict.fromkeys(name for one in machines for name in one)
    facts = {name: "; ".join(dict.fromkeys(str(one.get(name, "none")) for one in machines)) for name in names}
    commands = [shlex.join(["spectral-compare", *record["overrides"]])]
    section = Section("How it was made", facts=facts, commands=commands)
    if (comparison.folder / CONFIG).is_file():
        section.texts["Configuration"] = (comparison.folder / CONFIG).read_text(encoding="utf-8", errors="replace")
    return section
