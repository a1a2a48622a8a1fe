"""What all figures share: colours, sizes, numbers and names as text."""

from collections.abc import Iterable, Sequence
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from spectral_exp.report.names import shorten

# Told apart by lightness as well as by hue, so also with any colour blindness and in grey print.
KEPT = "#0b6aa8"
DROPPED = "#b9c0c8"
ACCENT = "#c8501e"
INK = "#1f2933"
MUTED = "#66707c"
GRID = "#e6e9ed"
# Relevance as an image: perceptually uniform, dark is low.
COLORMAP = "viridis"

NAME_WIDTH = 28
# Of a title, in an inch.
_TITLE_CHARACTERS = 9.5
WIDTH = 8.0

_RC: Any = {
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "savefig.dpi": 150,
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.09,
    "figure.constrained_layout.w_pad": 0.09,
    "figure.titlesize": 12,
    "figure.titleweight": "bold",
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same figure on every machine
    "font.size": 10,
    "text.color": INK,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "legend.fontsize": 9,
    "legend.columnspacing": 1.6,
    "legend.handlelength": 1.4,
    "legend.handletextpad": 0.6,
}

# Decorates what draws a figure and what saves it.
house_style = rc_context(_RC)


def label(name: str, width: int = NAME_WIDTH) -> str:
    """Turn the name of an input into text for a figure.

    Args:
        name: any text.
        width: the most characters to show.

    Returns:
        The shortened name; a dollar sign stays one and starts no formula.
    """
    return shorten(name, width).replace("$", r"\$")


def number(value: float) -> str:
    """Write a number for people.

    Args:
        value: any number.

    Returns:
        Such as "12,000", "0.25" or "3e-05".
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def axis_end(values: Iterable[float]) -> float:
    """Choose where an axis of relevances or eigenvalues ends.

    Args:
        values: what is drawn, >= 0.

    Returns:
        The largest value; 1 if all are 0, when there is nothing that a scale could show.
    """
    return max(values, default=0.0) or 1.0


def count_axis(axis: Axis) -> None:
    """Label an axis of counts with whole numbers, from 10,000 on in thousands: "20k".

    Args:
        axis: an x or y axis, its scale already set.
    """
    if axis.get_scale() == "linear":
        axis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10], integer=True))
    elif axis.get_scale() == "log":
        axis.set_major_locator(_log_locator(axis))
    axis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value / 1000:,.4g}k" if value >= 10_000 else f"{value:,.0f}")
    )
    axis.set_minor_formatter(NullFormatter())


def log_value_axis(axis: Axis) -> None:
    """Label a logarithmic axis of measured values, with ticks also inside a decade when it spans few.

    Args:
        axis: an x or y axis, already logarithmic.
    """
    axis.set_major_locator(_log_locator(axis))
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    axis.set_minor_formatter(NullFormatter())


def _log_locator(axis: Axis) -> LogLocator:
    low, high = axis.get_view_interval()
    return LogLocator(subs=(1.0, 2.0, 5.0) if high < 400 * low else (1.0,))


def spread(targets: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move labels apart just enough that none overlap, each as near its target as the others allow.

    Subtracting i times the gap from the i-th smallest target turns "at least one gap apart" into "rising",
    and the nearest rising sequence is isotonic regression: neighbours out of order share their mean.

    Args:
        targets: where each label would like to be.
        gap: the least distance between two labels.
        low: the lowest place of a label.
        high: the highest place of a label.

    Returns:
        The place of each label, in the order of the targets.

    Example:
        >>> spread([0.5, 0.5, 0.9], gap=0.1, low=0.0, high=1.0)
        [0.45, 0.55, 0.9]
    """
    order = np.argsort(targets, kind="stable")
    shifts = gap * np.arange(len(order))
    blocks: list[list[float]] = []
    for target in np.asarray(targets, dtype=float)[order] - shifts:
        blocks.append([target])
        while len(blocks) > 1 and np.mean(blocks[-2]) >= np.mean(blocks[-1]):
            last = blocks.pop()
            blocks[-1].extend(last)
    rising = np.concatenate([np.full(len(block), np.mean(block)) for block in blocks]) if blocks else shifts
    places = np.empty(len(order))
    places[order] = np.clip(rising, low, max(low, high - gap * (len(order) - 1))) + shifts
    return [round(place, 6) for place in places.tolist()]


def add_title(figure: Figure, title: str) -> None:
    """Put the title above all panels, at the left edge, on two lines if it is long.

    Args:
        figure: the figure.
        title: what it shows, or better what it says.
    """
    width = figure.get_figwidth()
    figure.suptitle(fill(title, int(_TITLE_CHARACTERS * width)), x=0.09 / width, ha="left")


def add_legend(figure: Figure, handles: Sequence[Artist]) -> None:
    """Put a legend in one row below all panels, where no data can lie.

    Args:
        figure: the figure.
        handles: labelled artists, in the order of the entries.
    """
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
