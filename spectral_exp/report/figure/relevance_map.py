"""Relevance and mask as images beside the mean image, for inputs that are pixels."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from spectral_exp.report.figure.style import COLORMAP, DROPPED, KEPT, WIDTH, add_title, axis_end, house_style
from spectral_exp.report.ranking import RankedFeature

# Up to so many pixels a side are outlined, so that those of one colour can be counted.
N_OUTLINED = 16


@house_style
def relevance_map_figure(
    ranking: Sequence[RankedFeature],
    shape: tuple[int, int],
    title: str,
    mean_image: Float[np.ndarray, "..."] | None = None,
) -> Figure:
    """Draw the relevance of every pixel, and beside it which pixels are kept: of the mean image, if there is one.

    Args:
        ranking: the pixels, in any order.
        shape: (height, width) of the image.
        title: the figure's title.
        mean_image: of the training rows, (height, width) or (channels, height, width); None if it is not known.

    Returns:
        The figure.
    """
    relevance = np.zeros(shape)
    mask = np.zeros(shape, dtype=bool)
    for one in ranking:
        relevance.flat[one.feature] = one.relevance
        mask.flat[one.feature] = one.selected

    height, width = shape
    share = 0.4 if mean_image is None else 0.28  # of the width, for one image
    figure = Figure(figsize=(WIDTH, min(max(share * WIDTH * height / width, 1.5) + 1.2, 9.0)))
    *first, left, right = figure.subplots(1, 2 if mean_image is None else 3, sharey=True)
    image = left.imshow(relevance, cmap=COLORMAP, vmin=0, vmax=axis_end(relevance.flat))
    figure.colorbar(image, cax=left.inset_axes((1.03, 0, 0.04, 1))).outline.set_visible(False)
    if mean_image is None:
        right.imshow(mask, cmap=ListedColormap([DROPPED, KEPT]), vmin=0, vmax=1)
        right.set_title("kept (dark)")
    else:
        colours = _colours(mean_image)
        first[0].imshow(colours)
        first[0].set_title("mean image")
        right.imshow(np.where(mask[..., None], colours, 1.0))
        right.set_title("kept (the rest white)")
    add_title(figure, f"{title}: {int(mask.sum()):,} of {mask.size:,} inputs kept")
    left.set_title("relevance")
    figure.axes[0].set_ylabel("row")
    for axes in (*first, left, right):
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


def _colours(image: Float[np.ndarray, "..."]) -> Float[np.ndarray, "height width 3"]:
    """An image as red, green and blue between 0 and 1; grey, at full contrast, unless it has these three channels."""
    is_coloured = image.ndim == 3 and len(image) == 3 and image.min() >= 0 and image.max() <= 1
    if is_coloured:
        return np.moveaxis(image, 0, -1)
    grey = image if image.ndim == 2 else image.mean(axis=0)
    spread = np.ptp(grey)
    return np.repeat(((grey - grey.min()) / (spread if spread > 0 else 1.0))[..., None], 3, axis=-1)
