"""Relevance and mask as images, for inputs that are pixels."""

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from spectral_exp.report.figure.style import COLORMAP, DROPPED, KEPT, WIDTH, add_title, axis_end, house_style
from spectral_exp.report.ranking import RankedFeature

# Up to so many pixels a side are outlined, so that those of one colour can be counted.
N_OUTLINED = 16


@house_style
def relevance_map_figure(ranking: Sequence[RankedFeature], shape: tuple[int, int], title: str) -> Figure:
    """Draw the relevance of every pixel, and beside it which pixels are kept.

    Args:
        ranking: the pixels, in any order.
        shape: (height, width) of the image.
        title: the figure's title.

    Returns:
        The figure.
    """
    relevance = np.zeros(shape)
    mask = np.zeros(shape, dtype=bool)
    for one in ranking:
        relevance.flat[one.feature] = one.relevance
        mask.flat[one.feature] = one.selected

    height, width = shape
    figure = Figure(figsize=(WIDTH, min(max(0.4 * WIDTH * height / width, 1.5) + 1.2, 9.0)))
    left, right = figure.subplots(1, 2, sharey=True)
    image = left.imshow(relevance, cmap=COLORMAP, vmin=0, vmax=axis_end(relevance.flat))
    figure.colorbar(image, cax=left.inset_axes((1.03, 0, 0.04, 1))).outline.set_visible(False)
    right.imshow(mask, cmap=ListedColormap([DROPPED, KEPT]), vmin=0, vmax=1)
    add_title(figure, f"{title}: {int(mask.sum()):,} of {mask.size:,} inputs kept")
    left.set_title("relevance")
    right.set_title("kept (dark)")
    left.set_ylabel("row")
    for axes in (left, right):
        axes.grid(visible=False)
        if max(shape) <= N_OUTLINED:
            axes.set_xticks(np.arange(0.5, width - 1), minor=True)
            axes.set_yticks(np.arange(0.5, height - 1), minor=True)
            axes.tick_params(which="minor", length=0)
            axes.grid(visible=True, which="minor", color="white", linewidth=1)
            axes.set_axisbelow(False)
        axes.set_xlabel("column")
        axes.set_xticks([0, width - 1])
        axes.set_yticks([0, height - 1])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    return figure
