"""Methods side by side: the judge's score against the number of inputs."""

import numpy as np
from matplotlib.figure import Figure

from spectral_exp.counting import counted
from spectral_exp.report.comparison import ALL_INPUTS, OURS, Comparison
from spectral_exp.report.figure.style import (
    ACCENT,
    INK,
    KEPT,
    MUTED,
    WIDTH,
    add_title,
    count_axis,
    house_style,
    label,
    spread,
)

DASHES = ("-", (0, (5, 2)), (0, (1, 1.5)))
GAP = 0.037  # between two names at the right edge, as a share of the height


@house_style
def comparison_curve_figure(comparison: Comparison) -> Figure:
    """Draw the score of the judge that is trained on the first k inputs, for every method, ours in colour.

    Args:
        comparison: the comparison.

    Returns:
        The figure.
    """
    figure = Figure(figsize=(WIDTH, 5.2))
    axes = figure.subplots()
    k = np.array(comparison.k)
    ends, score = [], comparison.score
    methods = [method for method in comparison.by_score if method in comparison.rankings]
    ours = [method for method in methods if method.startswith(OURS)]
    for method in reversed(methods):  # the best is drawn last, above the others
        estimates = [comparison.estimate(method, comparison.best, one) for one in k]
        middle, sd = np.array([[one.mean, one.sd] for one in estimates]).T
        is_ours = method in ours
        color = (KEPT, ACCENT, INK)[ours.index(method) % 3] if is_ours else MUTED
        style = DASHES[(ours.index(method) // 3 if is_ours else methods.index(method)) % len(DASHES)]
        axes.errorbar(
            k, middle, np.nan_to_num(sd), color=color, linestyle=style, marker="o", markersize=5 if is_ours else 3,
            linewidth=2.2 if is_ours else 1.0, elinewidth=0.8, capsize=0, zorder=3 if is_ours else 2,
        )  # fmt: skip
        ends.append((float(middle[-1]), method, color, is_ours))
    everything = comparison.estimate(ALL_INPUTS, comparison.best, comparison.info.n_features).mean
    if everything == everything:
        axes.axhline(everything, color=INK, linewidth=0.9, linestyle=(0, (2, 2)))
        axes.annotate(
            f"all {comparison.info.n_features:,} inputs", (0.01, everything), xycoords=("axes fraction", "data"),
            xytext=(0, 3), textcoords="offset points", fontsize=9,
        )  # fmt: skip
    if len(k) > 1:
        axes.set_xscale("log")
        axes.set_xticks(k)
        axes.set_xticks([], minor=True)
    axes.margins(x=0.04)
    count_axis(axes.xaxis)
    if len(k) > 1:
        axes.set_xticks(k)
    low, high = axes.get_ylim()
    places = spread([(end[0] - low) / (high - low) for end in ends], GAP, 0.0, 1.0)
    for place, (value, method, color, is_ours) in zip(places, ends, strict=True):
        axes.annotate(
            label(method, 20), (k[-1], value), xytext=(1.05, place), textcoords="axes fraction", color=color,
            va="center", fontsize=9, fontweight="bold" if is_ours else "normal", annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": color, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 3,
                        "relpos": (0, 0.5)},
        )  # fmt: skip
    axes.set_xlabel("k, inputs that the judge is trained on")
    axes.set_ylabel(f"test {score.words}, mean and sd of {counted(len(comparison.seeds), 'seed')}")
    add_title(figure, f"{label(comparison.info.name)}: score with the first k inputs of every ranking")
    return figure
