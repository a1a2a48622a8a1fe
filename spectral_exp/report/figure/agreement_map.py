"""Methods side by side: which pixels they choose."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spectral_exp.evaluation.agreement import top_k_frequency, top_k_masks
from spectral_exp.report.comparison import OURS, Comparison
from spectral_exp.report.figure.style import COLORMAP, INK, KEPT, add_title, house_style, label

N_COLUMNS = 6


@house_style
def agreement_map_figure(comparison: Comparison, k: int) -> Figure:
    """Draw how often every pixel is among the first k: over all methods, then over the seeds of each.

    Args:
        comparison: one of images.
        k: how many pixels.

    Returns:
        The figure.
    """
    methods = [method for method in comparison.by_score if method in comparison.rankings]
    rankings = {method: np.stack(list(comparison.rankings[method].values())) for method in methods}
    maps = {f"all {len(methods)} methods": top_k_frequency(list(rankings.values()), k)}
    maps |= {method: top_k_masks(rankings[method], k).mean(axis=0) for method in methods}
    n_columns = min(len(maps), N_COLUMNS)
    n_rows = -(-len(maps) // n_columns)
    height, width = comparison.info.shape
    figure = Figure(figsize=(1.2 + 1.5 * n_columns, 1.2 + n_rows * (1.5 * height / width + 0.35)))
    panels = figure.subplots(n_rows, n_columns, squeeze=False)
    for axes, (name, frequency) in zip(panels.flat, maps.items(), strict=False):
        image = axes.imshow(frequency.reshape(height, width), cmap=COLORMAP, vmin=0, vmax=1)
        is_ours = name.startswith(OURS)
        axes.set_title(label(name, 18), fontsize=9, color=KEPT if is_ours else INK)
        _strip(axes)
    for axes in panels.flat[len(maps) :]:
        axes.set_visible(False)
    bar = figure.colorbar(image, ax=panels, shrink=0.6, aspect=30, label="share of rankings")
    bar.outline.set_visible(False)
    add_title(figure, f"{label(comparison.info.name)}: how often a pixel is among the first {k}")
    return figure


def _strip(axes: Axes) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
