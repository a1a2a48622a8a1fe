"""Methods side by side: what a ranking costs, and what it is worth."""

from math import isfinite

import numpy as np
from matplotlib.figure import Figure

from spectral_exp.report.comparison import OURS, Comparison
from spectral_exp.report.figure.style import (
    KEPT,
    MUTED,
    WIDTH,
    add_title,
    house_style,
    label,
    log_value_axis,
    spread,
)

GAP = 0.037
LEAST_SECONDS = 1e-3


@house_style
def comparison_time_figure(comparison: Comparison, k: int) -> Figure:
    """Draw the judge's score with the first k inputs against the CPU seconds of training and ranking.

    Args:
        comparison: the comparison.
        k: how many inputs.

    Returns:
        The figure.
    """
    figure = Figure(figsize=(WIDTH, 5.2))
    axes = figure.subplots()
    points = []
    for method in comparison.rankings:
        value = comparison.estimate(method, comparison.best, k)
        seconds = max(sum(comparison.seconds(method)), LEAST_SECONDS)
        if isfinite(value.mean) and isfinite(seconds):
            points.append((seconds, value, method))
    axes.set_xscale("log")
    for seconds, value, method in points:
        color = KEPT if method.startswith(OURS) else MUTED
        axes.errorbar(
            seconds, value.mean, np.nan_to_num(value.sd), color=color, marker="o", markersize=7, elinewidth=0.8
        )
    if len(costs := {seconds for seconds, _, _ in points}) == 1:  # a logarithmic axis of one value has no width
        axes.set_xlim(min(costs) / 3, max(costs) * 3)
    low, high = axes.get_ylim()
    places = spread([(value.mean - low) / (high - low) for _, value, _ in points], GAP, 0.0, 1.0)
    for place, (seconds, value, method) in zip(places, points, strict=True):
        is_ours = method.startswith(OURS)
        color = KEPT if is_ours else MUTED
        axes.annotate(
            label(method, 20), (seconds, value.mean), xytext=(1.03, place), textcoords="axes fraction",
            color=color, va="center", fontsize=9, fontweight="bold" if is_ours else "normal", annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": color, "linewidth": 0.4, "alpha": 0.5, "shrinkA": 0, "shrinkB": 5,
                        "relpos": (0, 0.5)},
        )  # fmt: skip
    log_value_axis(axes.xaxis)
    axes.set_xlabel("CPU seconds of one ranking, training of the net included")
    axes.set_ylabel(f"test {comparison.score.words} with {k} inputs, mean and sd")
    add_title(figure, f"{label(comparison.info.name)}: cost and score of every ranking, k = {k}")
    return figure
