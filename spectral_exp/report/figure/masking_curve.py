"""How few inputs suffice: the score against the number of inputs kept, without retraining."""

import numpy as np
from matplotlib.figure import Figure

from spectral_exp.report.figure.style import ACCENT, INK, KEPT, MUTED, WIDTH, add_title, count_axis, house_style, number
from spectral_exp.report.run_files import MaskingCurve

_TITLES = {"accuracy": "test accuracy", "mae": "test mean absolute error"}


@house_style
def masking_curve_figure(curve: MaskingCurve, n_selected: int, title: str) -> Figure:
    """Draw the score against the number of inputs that keep their values.

    Args:
        curve: the scores; the last one is that of all inputs.
        n_selected: how many inputs the run keeps; marked where it lies within the curve.
        title: what was ranked.

    Returns:
        The figure.
    """
    n_kept, score = curve.n_kept[curve.n_kept > 0], curve.score[curve.n_kept > 0]
    metric = _TITLES.get(curve.metric, f"test {curve.metric}")

    figure = Figure(figsize=(WIDTH, 4.2))
    axes = figure.subplots()
    axes.plot(n_kept, score, color=KEPT, marker="o", markersize=3.5, clip_on=False, zorder=3)
    axes.set_xscale("log")
    axes.set_xlim(n_kept[0], max(n_kept[-1], n_kept[0] + 1))
    count_axis(axes.xaxis)
    axes.axhline(score[-1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    axes.annotate(
        f"all {n_kept[-1]:,.0f}", xy=(n_kept[0], score[-1]), xytext=(6, 4), textcoords="offset points", color=MUTED
    )
    summary = f"{number(score[-1])} with all {n_kept[-1]:,.0f}"
    if n_kept[0] <= n_selected < n_kept[-1]:
        at_selected = float(np.interp(np.log(n_selected), np.log(n_kept), score))
        axes.plot(n_selected, at_selected, "o", color=ACCENT, markersize=9, clip_on=False, zorder=4)
        axes.annotate(
            f"{n_selected:,} kept",
            xy=(n_selected, at_selected),
            xytext=(7, -17 if 2 * at_selected >= score.min() + score.max() else 9),
            textcoords="offset points",
            color=INK,
            zorder=5,
        )
        summary = f"{number(at_selected)} with {n_selected:,} inputs, {summary}"
    add_title(figure, f"{title}: {metric} {summary}")
    axes.set_xlabel("inputs kept (most relevant first, the others set to 0, no retraining)")
    axes.set_ylabel(metric)
    return figure
