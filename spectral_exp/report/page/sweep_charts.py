"""The figures of many runs on one data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite

import numpy as np
import plotly.graph_objects as go

from spectral_exp.counting import counted
from spectral_exp.report.aggregate import Configuration, Problem
from spectral_exp.report.collect import CollectedRun
from spectral_exp.report.consensus import Consensus
from spectral_exp.report.names import last_word
from spectral_exp.report.page.chart import (
    ACCENT,
    DROPPED,
    INK,
    KEPT,
    MUTED,
    Chart,
    log_ticks,
    new_figure,
    text_of,
)
from spectral_exp.report.page.table import simple_table
from spectral_exp.report.pareto import pareto_front

# More bars of error, rows or columns than this cannot be told apart.
N_ERROR_BARS = 60
N_MAP_ROWS = 40
N_MAP_INPUTS = 40
N_AXES = 8


def pareto_chart(problem: Problem, chosen: Configuration, anchors: Mapping[str, str], key: str) -> Chart | None:
    """Draw score against inputs for every run and configuration, with the front.

    Args:
        problem: the runs.
        chosen: the configuration that is recommended.
        anchors: name of a run to the id of its row on the page.
        key: begins the figure's key.

    Returns:
        The figure; None if no run has a score.
    """
    configurations = [one for one in problem.configurations if isfinite(one.with_selected.mean)]
    if not configurations:
        return None
    score = problem.score
    n_inputs = np.array([one.n_selected.mean for one in configurations])
    value = np.array([one.with_selected.mean for one in configurations])
    is_on_front = pareto_front(n_inputs, np.array([score.better(one) for one in value]))
    figure = new_figure(460, "inputs kept", f"test {score.words}")
    if len(problem.runs) > len(configurations):
        _add_runs(figure, problem.runs, score.with_selected, anchors)
    order = np.flatnonzero(is_on_front)[np.argsort(n_inputs[is_on_front])]
    figure.add_scatter(
        x=n_inputs[order], y=value[order], mode="lines", name="Pareto front", hoverinfo="skip",
        line={"color": ACCENT, "width": 2, "shape": "hv"},
    )  # fmt: skip
    for chooses, color, name in ((is_on_front, ACCENT, "on the front"), (~is_on_front, KEPT, "configuration")):
        if chooses.any():
            _add_configurations(
                figure, problem, [configurations[at] for at in np.flatnonzero(chooses)], color, name, anchors
            )
    if chosen in configurations:
        figure.add_scatter(
            x=[chosen.n_selected.mean], y=[chosen.with_selected.mean], mode="markers", name="the answer",
            marker={"symbol": "circle-open", "size": 19, "color": INK, "line": {"width": 2}}, hoverinfo="skip",
        )  # fmt: skip
    if n_inputs.min() >= 1 and n_inputs.max() > 20 * n_inputs.min():
        figure.update_xaxes(type="log", tickvals=log_ticks(n_inputs.min(), n_inputs.max()))
    rows = [[problem.label(configurations[at]) or "all runs", n_inputs[at], value[at]] for at in order]
    best = order[-1]
    return Chart(
        f"{key}-pareto",
        "Score against inputs kept",
        f"{len(configurations):,} configuration{'' if len(configurations) == 1 else 's'}, {len(order):,} on the Pareto "
        "front: no other has as few inputs and as good a score with these alone. The front ends at "
        f"{n_inputs[best]:,.3g} inputs with {score.write(value[best])}. "
        "A click on a point leads to its run in the table.",
        figure,
        simple_table("Pareto front", ("configuration", "inputs (mean)", f"test {score.words} (mean)"), rows),
    )


def _add_runs(figure: go.Figure, runs: Sequence[CollectedRun], column: str, anchors: Mapping[str, str]) -> None:
    figure.add_scatter(
        x=[run.number("n_selected") for run in runs], y=[run.number(column) for run in runs], mode="markers",
        name="run", marker={"color": DROPPED, "size": 6},
        text=[f"run {text_of(run.name)}, {text_of(run.repetition)}" for run in runs],
        customdata=[anchors.get(run.name, "") for run in runs],
        hovertemplate="%{text}<br>%{x} inputs, %{y:.4g}<extra></extra>",
    )  # fmt: skip


def _add_configurations(
    figure: go.Figure, problem: Problem, some: list[Configuration], color: str, name: str, anchors: Mapping[str, str]
) -> None:
    error_bars = None
    if len(problem.configurations) <= N_ERROR_BARS:
        values = [one.with_selected for one in some]
        ends = [problem.score.within_range(value.low, value.high) for value in values]
        error_bars = {
            "type": "data", "thickness": 1.2, "width": 3, "color": color,
            "array": [high - value.mean for value, (_, high) in zip(values, ends, strict=True)],
            "arrayminus": [value.mean - low for value, (low, _) in zip(values, ends, strict=True)],
        }  # fmt: skip
    figure.add_scatter(
        x=[one.n_selected.mean for one in some], y=[one.with_selected.mean for one in some], mode="markers",
        name=name, marker={"color": color, "size": 10},
        error_y=error_bars,
        text=[f"{_wrapped(problem.label(one))}<br>{counted(len(one.runs), 'run')}" for one in some],
        customdata=[anchors.get(one.runs[0].name, "") for one in some],
        hovertemplate="%{text}<br>%{x:.3g} inputs, %{y:.4g}<extra></extra>",
    )  # fmt: skip


def _wrapped(label: str) -> str:
    return "<br>".join(text_of(part, 60) for part in label.split(", ")) or "all runs"


def selection_map(problem: Problem, together: Consensus, key: str) -> Chart:
    """Draw which inputs are selected by which run, or by which share of a configuration's runs.

    Args:
        problem: the runs.
        together: their consensus.
        key: begins the figure's key.

    Returns:
        The figure: a row per run where they are few, else one per configuration, the best ones.
    """
    columns = np.argsort(together.by_frequency)[:N_MAP_INPUTS]
    names = [problem.info.feature_names[column] for column in columns]
    is_by_run = len(problem.runs) <= N_MAP_ROWS
    labels, rows = [], []
    if is_by_run:
        for one in problem.configurations:
            for run, mask in zip(one.runs, one.masks, strict=True):
                labels.append(f"{_last_parts(problem.label(one))} {run.repetition}".strip())
                rows.append(mask[columns].astype(float))
    else:

        def worst_first(one: Configuration) -> float:
            return -problem.score.better(one.with_selected.mean) if isfinite(one.with_selected.mean) else np.inf

        for one in sorted(problem.configurations, key=worst_first)[:N_MAP_ROWS]:
            labels.append(_last_parts(problem.label(one)))
            rows.append(one.masks.mean(axis=0)[columns])
    figure = new_figure(150 + 20 * max(len(rows), 4), "", "")
    figure.add_heatmap(
        z=np.array(rows), zmin=0, zmax=1, colorscale=[[0, DROPPED], [1, KEPT]], showscale=False, xgap=1, ygap=1,
        customdata=[[text_of(name, 60) for name in names]] * len(rows),
        hovertemplate="%{customdata}: %{z:.0%}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(
        tickvals=list(range(len(names))), ticktext=[text_of(name, 16) for name in names], tickangle=-60, showgrid=False
    )
    figure.update_yaxes(
        tickvals=list(range(len(labels))), ticktext=[text_of(label, 26) for label in labels], showgrid=False,
        autorange="reversed", zeroline=False,
    )  # fmt: skip
    always = int((together.frequency == 1).sum())
    never = int((together.frequency == 0).sum())
    what = "run" if is_by_run else "configuration, as the share of its runs"
    left_out = "" if is_by_run or len(problem.configurations) <= N_MAP_ROWS else f" The {N_MAP_ROWS} best are shown."
    return Chart(
        f"{key}-selection",
        "Which inputs are selected, run by run" if is_by_run else "Which inputs are selected, by configuration",
        f"The inputs that are selected most often, by {what}: blue is selected.{left_out} "
        f"Of {len(together.frequency):,} inputs {always:,} {'is' if always == 1 else 'are'} selected by every run "
        f"and {never:,} by none.",
        figure,
        is_wide=True,
        table=simple_table(
            "Selection frequency",
            ("input", "share of runs"),
            [[name, float(together.frequency[column])] for name, column in zip(names, columns, strict=True)],
        ),
    )


def _last_parts(label: str) -> str:
    # Leave out the groups of keys: `regularization.strength=1e-2` is known by its last word.
    return ", ".join(
        last_word(part.rpartition("=")[0]) + "=" + part.rpartition("=")[2] for part in label.split(", ") if part
    )


def parallel_chart(problem: Problem, key: str) -> Chart | None:
    """Draw each run as a line across its settings, inputs and score.

    Args:
        problem: the runs.
        key: begins the figure's key.

    Returns:
        The figure; None if nothing was varied.
    """
    runs = [run for run in problem.runs if isfinite(run.number(problem.score.with_selected))]
    if not problem.varied or len(runs) < 2:
        return None
    dimensions = [_dimension(name, [run.settings.get(name, "") for run in runs]) for name in problem.varied[:N_AXES]]
    for label, column in (("inputs kept", "n_selected"), (f"test {problem.score.words}", problem.score.with_selected)):
        dimensions.append({"label": label, "values": [run.number(column) for run in runs], "tickformat": ".3~g"})
    score = [run.number(problem.score.with_selected) for run in runs]
    low, high = (DROPPED, ACCENT) if problem.score.is_higher_better else (ACCENT, DROPPED)
    figure = new_figure(440, "", "")
    figure.add_parcoords(
        dimensions=dimensions, line={"color": score, "colorscale": [[0, low], [0.5, KEPT], [1, high]]},
        labelfont={"color": INK}, tickfont={"color": INK}, rangefont={"color": MUTED},
        labelangle=-15 if len(dimensions) > 3 else 0,
    )  # fmt: skip
    figure.update_layout(margin={"l": 60, "r": 90, "t": 80, "b": 24})  # the last name is the longest
    left_out = len(problem.varied) - N_AXES
    more = f" {left_out} more {'was' if left_out == 1 else 'were'} varied." if left_out > 0 else ""
    return Chart(
        f"{key}-parallel",
        "Settings against results",
        f"Each of {len(runs):,} runs is a line across {', '.join(problem.varied[:N_AXES])}, inputs kept and score; "
        f"from grey (worst) to orange (best). Drag along an axis to choose runs.{more} "
        "The table of runs has the numbers.",
        figure,
    )


def _dimension(name: str, values: list[str]) -> dict[str, object]:
    label = text_of(last_word(name), 18)
    try:
        numbers = [float(value) for value in values]
    except ValueError:
        numbers = []
    distinct = sorted(set(numbers)) if numbers else sorted(set(values))
    if numbers and len(distinct) > 10:
        return {"label": label, "values": numbers}
    # Few values stand at even places, whatever their distances.
    places = {value: place for place, value in enumerate(distinct)}
    text = [f"{value:.4g}" if numbers else text_of(str(value) or "(default)", 14) for value in distinct]
    return {
        "label": label,
        "values": [places[value] for value in (numbers or values)],
        "tickvals": list(range(len(distinct))),
        "ticktext": text,
    }
