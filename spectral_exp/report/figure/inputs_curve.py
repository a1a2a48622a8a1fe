"""A score against the number of inputs."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from spectral_exp.report.figure.style import ACCENT, INK, KEPT, MUTED, WIDTH, add_title, count_axis, house_style, number


@house_style
def inputs_curve_figure(
    n_kept: np.ndarray, score: np.ndarray, *, n_features: int, n_selected: int, title: str, metric: str, x_label: str
) -> Figure:
    """Draw a score against the number of inputs, with a line at that of the most inputs.

    Args:
        n_kept: numbers of inputs, >= 1, rising, shape (n_points,).
        score: the score with each, shape (n_points,).
        n_features: how many inputs there are in all.
        n_selected: how many inputs the run keeps; marked where it lies within the curve.
        title: what was ranked; the figure's title adds the scores.
        metric: what the score is, in words.
        x_label: which inputs are counted, and of which net the score is.

    Returns:
        The figure.
    """
    figure = Figure(figsize=(WIDTH, 4.2))
    axes = figure.subplots()
    axes.plot(n_kept, score, color=KEPT, marker="o", markersize=3.5, clip_on=False, zorder=3)
    axes.set_xscale("log")
    axes.set_xlim(n_kept[0], max(n_kept[-1], n_kept[0] + 1))
    count_axis(axes.xaxis)
    axes.margins(y=0.1)  # room for a name beneath the lowest point
    most = f"{'all ' if n_kept[-1] == n_features else ''}{n_kept[-1]:,.0f}"
    axes.axhline(score[-1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    axes.annotate(most, xy=(n_kept[0], score[-1]), xytext=(6, 4), textcoords="offset points", color=MUTED)
    summary = f"{number(score[-1])} with {most}"
    if n_kept[0] <= n_selected < n_kept[-1]:
        at_selected = float(np.interp(np.log(n_selected), np.log(n_kept), score))
        axes.plot(n_selected, at_selected, "o", color=ACCENT, markersize=9, clip_on=False, zorder=4)
        axes.annotate(
            f"{n_selected:,} kept",
            xy=(n_selected, at_selected),
            xytext=(7, -17 if score[-1] >= score[0] else 9),  # where a rising or a falling curve is not
            textcoords="offset points",
            color=INK,
            zorder=5,
        )
        about = "" if n_selected in n_kept else "about "  # read off between two points
        inputs = "input" if n_selected == 1 else "inputs"
        summary = f"{about}{number(at_selected)} with {n_selected:,} {inputs}, {summary}"
    add_title(figure, f"{title}: {metric} {summary}")
    axes.set_xlabel(x_label)
    axes.set_ylabel(metric)
    return figure
