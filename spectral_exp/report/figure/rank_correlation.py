"""Methods side by side: how far their rankings agree."""

import numpy as np
from matplotlib.figure import Figure

from spectral_exp.report.comparison import Comparison
from spectral_exp.report.figure.style import WIDTH, add_title, house_style, label

N_NUMBERED = 24  # methods up to which every cell has its number


@house_style
def rank_correlation_figure(comparison: Comparison) -> Figure:
    """Draw Spearman's correlation between the rankings of every two methods, mean over common seeds.

    Args:
        comparison: the comparison.

    Returns:
        The figure; methods in the order of their score.
    """
    methods = [method for method in comparison.by_score if method in comparison.rankings]
    correlation = np.eye(len(methods))
    for row in comparison.agreement.to_dict("records"):
        i, j = methods.index(row["method"]), methods.index(row["other"])
        correlation[i, j] = correlation[j, i] = row["rank_correlation"]
    side = min(max(2.6 + 0.36 * len(methods), 4.0), 11.0)
    figure = Figure(figsize=(max(side, WIDTH * 0.7), side))
    axes = figure.subplots()
    image = axes.imshow(correlation, cmap="RdBu", vmin=-1, vmax=1)
    figure.colorbar(image, ax=axes, shrink=0.7, label="rank correlation").outline.set_visible(False)
    names = [label(method, 20) for method in methods]
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    if len(methods) <= N_NUMBERED:
        for (i, j), value in np.ndenumerate(correlation):
            color = "white" if abs(value) > 0.6 else "black"
            text = f"{value:.1f}".replace("0.", ".") if abs(value) < 0.95 else "1"
            axes.text(j, i, text, ha="center", va="center", fontsize=7, color=color)
    add_title(figure, f"{label(comparison.info.name)}: agreement of rankings")
    return figure
