"""Loss, validation metric and inputs kept, epoch by epoch."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spectral_exp.report.figure.style import (
    ACCENT,
    INK,
    KEPT,
    WIDTH,
    add_title,
    count_axis,
    house_style,
    log_value_axis,
)
from spectral_exp.report.names import VALIDATION_SCORES

# Beyond this ratio of highest to lowest value the small ones cannot be told apart on a linear axis.
_LOG_RATIO = 30


@house_style
def training_figure(history: Mapping[str, np.ndarray], title: str) -> Figure:
    """Draw how training went.

    Args:
        history: the columns of the metrics' file, one value per epoch, NaN where there is none.
        title: the figure's title.

    Returns:
        The figure: loss, the first known validation metric, and the number of inputs kept.
    """
    metric = next((column for column in VALIDATION_SCORES if column in history), None)
    panels = ["loss", *([metric] if metric else []), "spectral/n_selected"]
    figure = Figure(figsize=(WIDTH * 1.2, 3.3))
    add_title(figure, title)
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    _draw(axes[0], history, {"train/loss": ("training", INK), "val/loss": ("validation", KEPT)})
    axes[0].legend(loc="best")
    axes[0].set_title("loss")
    if metric:
        _draw(axes[1], history, {metric: ("", KEPT)})
        axes[1].set_title(VALIDATION_SCORES[metric])
    _draw(axes[-1], history, {"spectral/n_selected": ("", ACCENT)})
    axes[-1].set_title("inputs kept")
    if axes[-1].get_yscale() == "linear":
        axes[-1].set_ylim(0, 1.05 * axes[-1].get_ylim()[1])
    count_axis(axes[-1].yaxis)
    return figure


def _draw(axes: Axes, history: Mapping[str, np.ndarray], lines: Mapping[str, tuple[str, str]]) -> None:
    drawn = []
    for column, (name, color) in lines.items():
        values = history.get(column, np.array([]))
        is_known = np.isfinite(values)
        if not is_known.any():
            continue
        epochs = history["epoch"][is_known]
        axes.plot(epochs, values[is_known], color=color, label=name, marker="o" if is_known.sum() == 1 else "")
        drawn.append(values[is_known])
    if drawn:
        low, high = min(one.min() for one in drawn), max(one.max() for one in drawn)
        if low > 0 and high / low > _LOG_RATIO:
            axes.set_yscale("log")
            log_value_axis(axes.yaxis)
    axes.set_xlabel("epoch")
    count_axis(axes.xaxis)
