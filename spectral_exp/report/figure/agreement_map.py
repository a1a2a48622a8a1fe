"""Methods side by side: which pixels they choose."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spectral_exp.evaluation.agreement import top_k_frequency, top_k_masks
from spectral_exp.report.comparison import OURS, Comparison
from spectral_exp.report.figure.style import COLORMAP, KEPT, WIDTH, add_title, house_style, label

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
    n_rows = -(-len(maps) // N_COLUMNS)
    height, width = comparison.info.shape
    figure = Figure(figsize=(WIDTH * 1.2, 0.8 + n_rows * (1.5 * height / width + 0.45)))
    panels = figure.subplots(n_rows, N_COLUMNS, squeeze=False)
    for axes, (name, frequency) in zip(panels.flat, maps.items(), strict=False):
        image = axes.imshow(frequency.reshape(height, width), cmap=COLORMAP, vmin=0, vmax=1)
        is_ours = name.startswith(OURS)
        axes.set_title(label(name, 18), fontsize=9, color=KEPT if is_ours else None)
        _strip(axes)
    for axes in panels.flat[len(maps) :]:
        axes.set_visible(False)
    bar = figure.colorbar(image, ax=panels, shrink=0.6, aspect=30, label=f"share in whose first {k} a pixel is")
    bar.outline.set_visible(False)
    add_title(figure, f"{label(comparison.info.name)}: the first {k} inputs of every method, best score first")
    return figure


def _strip(axes: Axes) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
