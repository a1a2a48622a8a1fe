"""The figures of a comparison of methods."""

from __future__ import annotations

from math import isfinite, isnan

import numpy as np
import plotly.graph_objects as go

from spectral_exp.counting import counted
from spectral_exp.report.comparison import ALL_INPUTS, OURS, Comparison
from spectral_exp.report.page.chart import ACCENT, INK, KEPT, MUTED, Chart, new_figure, text_of
from spectral_exp.report.page.table import simple_table

DASHES = ("solid", "dash", "dot", "dashdot")


def score_chart(comparison: Comparison) -> Chart:
    """Draw the judge's score against the number of inputs, for every method, ours in colour.

    Args:
        comparison: the comparison.

    Returns:
        The figure.
    """
    score, k = comparison.score, comparison.k
    figure = new_figure(520, "k, inputs that the judge is trained on", f"test {score.words}")
    n_ours = 0
    for at, method in enumerate(_ranked(comparison)):
        values = [comparison.estimate(method, comparison.best, one) for one in k]
        sd = [0.0 if isnan(value.sd) else value.sd for value in values]
        is_ours = method.startswith(OURS)
        color = (KEPT, ACCENT, INK)[n_ours % 3] if is_ours else MUTED
        n_ours += is_ours
        figure.add_scatter(
            x=k, y=[value.mean for value in values], name=text_of(method), mode="lines+markers",
            line={"color": color, "width": 3 if is_ours else 1.3, "dash": "solid" if is_ours else DASHES[at % 4]},
            marker={"color": color, "size": 8 if is_ours else 5},
            error_y={"type": "data", "array": sd, "thickness": 1, "width": 2},
            hovertemplate=f"{text_of(method)}<br>k = %{{x}}: %{{y:.4g}}<extra></extra>",
        )  # fmt: skip
    everything = comparison.estimate(ALL_INPUTS, comparison.best, comparison.info.n_features).mean
    if isfinite(everything):
        figure.add_hline(y=everything, line={"color": INK, "width": 1, "dash": "dot"})
    if len(k) > 1:
        figure.update_xaxes(type="log", tickvals=k, ticktext=[f"{one:,}" for one in k])
    return Chart(
        "score",
        "Score with the first k inputs",
        f"The judge, trained anew on the first k inputs of every ranking: mean and standard deviation over "
        f"{counted(len(comparison.seeds), 'seed')}. Dotted line: all {comparison.info.n_features:,} inputs.",
        figure,
    )


def cost_chart(comparison: Comparison, k: int) -> Chart:
    """Draw the judge's score against the CPU seconds of training and ranking.

    Args:
        comparison: the comparison.
        k: how many inputs.

    Returns:
        The figure.
    """
    figure = new_figure(460, "CPU seconds of one ranking, training included", f"test {comparison.score.words}")
    rows: list[tuple[str, float, float, float]] = []
    for method in _ranked(comparison):
        training, ranking = comparison.seconds(method)
        value = comparison.estimate(method, comparison.best, k).mean
        if isfinite(training + ranking) and isfinite(value):
            rows.append((method, training, ranking, value))
    colors = [KEPT if row[0].startswith(OURS) else MUTED for row in rows]
    figure.add_scatter(
        x=[max(row[1] + row[2], 1e-3) for row in rows], y=[row[3] for row in rows], mode="markers+text",
        text=[text_of(row[0]) if row[0].startswith(OURS) else "" for row in rows],
        textposition="top left", textfont={"color": INK, "size": 11},
        marker={"color": colors, "size": 11}, cliponaxis=False,
        customdata=[text_of(row[0]) for row in rows],
        hovertemplate="%{customdata}<br>%{x:.3g} CPU s, %{y:.4g}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(type="log")
    return Chart(
        "cost",
        f"Cost and score, k = {k}",
        "What a ranking costs, the training of the net that it needs included, and what its first "
        f"{k} inputs are worth. Left and high is good.",
        figure,
        simple_table("Cost", ("method", "CPU s training", "CPU s ranking", f"score, k = {k}"), rows),
    )


def agreement_chart(comparison: Comparison) -> Chart:
    """Draw the rank correlation of every two methods.

    Args:
        comparison: one with several rankings.

    Returns:
        The figure.
    """
    methods = _ranked(comparison)
    correlation = np.eye(len(methods))
    for row in comparison.agreement.to_dict("records"):
        i, j = methods.index(row["method"]), methods.index(row["other"])
        correlation[i, j] = correlation[j, i] = row["rank_correlation"]
    names = [text_of(method) for method in methods]
    figure = new_figure(180 + 26 * len(methods), "", "")
    figure.add_trace(
        go.Heatmap(
            z=correlation, x=names, y=names, colorscale="RdBu", zmin=-1, zmax=1, text=np.round(correlation, 1),
            texttemplate="%{text}", hovertemplate="%{y} and %{x}: %{z:.2f}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed")
    return Chart(
        "agreement",
        "Agreement of rankings",
        "Spearman's rank correlation between the rankings of every two methods, mean over seeds: 1 is the same order.",
        figure,
    )


def _ranked(comparison: Comparison) -> list[str]:
    return [method for method in comparison.by_score if method in comparison.rankings]
