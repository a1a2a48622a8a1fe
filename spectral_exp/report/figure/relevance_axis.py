"""Relevance along a physical axis, below the mean inputs of each class: for spectra and bands."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from spectral_exp.dataset.axis import Axis
from spectral_exp.report.figure.style import (
    ACCENT,
    DROPPED,
    INK,
    KEPT,
    MUTED,
    WIDTH,
    add_legend,
    add_title,
    house_style,
    label,
    spread,
)
from spectral_exp.report.ranking import RankedFeature

# Up to so many inputs have a stem each; more are a curve, with stems for those that are kept.
N_STEMS = 400
BAND = "#f3e3c8"
_MARK_WIDTH = 0.022  # of a rotated label, as a share of the axis


@house_style
def relevance_axis_figure(ranking: Sequence[RankedFeature], axis: Axis, title: str) -> Figure:
    """Draw the mean inputs of each class and, below, the relevance of every input, with known places and bands marked.

    Args:
        ranking: the inputs, in any order.
        axis: where they lie, with marks, bands and mean inputs, each of which may be missing.
        title: what was ranked; the figure's title adds how many inputs are kept.

    Returns:
        The figure.
    """
    relevance, kept = np.zeros(len(ranking)), np.zeros(len(ranking), dtype=bool)
    for one in ranking:
        relevance[one.feature], kept[one.feature] = one.relevance, one.selected

    low, high = float(axis.values.min()), float(axis.values.max())
    marks = {name: place for name, place in axis.marks.items() if low <= place <= high}
    figure = Figure(figsize=(1.25 * WIDTH, 6.2 if axis.means else 3.8))
    panels = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2)) if axis.means else (figure.subplots(),)
    if axis.means:
        _draw_means(panels[0], axis)
    _draw_relevance(panels[-1], axis.values, relevance, kept)
    margin = 0.01 * (high - low)
    panels[-1].set_xlim(low - margin, high + margin)
    panels[-1].set_xlabel(axis.label)
    _draw_marks(panels, marks)
    for band in axis.bands.values():
        panels[-1].axvspan(*band, color=BAND, linewidth=0, zorder=0)
    add_title(figure, f"{title}: {int(kept.sum()):,} of {len(kept):,} inputs kept")
    handles: list[Artist] = [Line2D([], [], color=KEPT, label="kept")]
    if not kept.all():
        handles.append(Line2D([], [], color=DROPPED, label="not kept"))
    if axis.bands:
        handles.append(Patch(color=BAND, label=label(axis.bands_name, 60)))
    add_legend(figure, handles)
    return figure


def rising_pieces(values: np.ndarray) -> Iterator[slice]:
    """Cut an axis where it falls: detectors that overlap, or a second quantity at the same places.

    Args:
        values: places in the order of the inputs, shape (n_features,).

    Yields:
        Ranges of inputs whose places rise.

    Example:
        >>> list(rising_pieces(np.array([1.0, 2.0, 1.5, 3.0])))
        [slice(0, 2, None), slice(2, 4, None)]
    """
    ends = [*(np.flatnonzero(np.diff(values) <= 0) + 1).tolist(), len(values)]
    start = 0
    for end in ends:
        yield slice(start, end)
        start = end


def _draw_means(axes: Axes, axis: Axis) -> None:
    # From dark to light in the order of the classes, short of the yellow that cannot be read on white.
    colors = colormaps["viridis"](np.linspace(0, 0.88, len(axis.means)))
    for (name, mean), color in zip(axis.means.items(), colors, strict=True):
        for number, piece in enumerate(rising_pieces(axis.values)):
            axes.plot(
                axis.values[piece],
                mean[piece],
                color=color,
                linewidth=1,
                label=label(name, 30) if number == 0 else None,
            )
    axes.set_ylabel("mean input, training rows")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=8)


def _draw_relevance(axes: Axes, places: np.ndarray, relevance: np.ndarray, kept: np.ndarray) -> None:
    if len(places) <= N_STEMS:
        axes.vlines(places[~kept], 0, relevance[~kept], color=DROPPED, linewidth=1.4)
    else:
        for piece in rising_pieces(places):
            axes.fill_between(places[piece], relevance[piece], color=DROPPED, linewidth=0)
    axes.vlines(places[kept], 0, relevance[kept], color=KEPT, linewidth=1.4, zorder=3)
    if len(places) > 1:
        axes.plot(places[kept], relevance[kept], "o", color=KEPT, markersize=3, clip_on=False, zorder=3)
    axes.set_ylim(0, 1.05 * max(float(relevance.max()), 1e-12))
    axes.set_ylabel("relevance")


def _draw_marks(panels: Sequence[Axes], marks: Mapping[str, float]) -> None:
    for axes in panels:
        for place in marks.values():
            axes.axvline(place, color=ACCENT, linewidth=0.8, alpha=0.6, zorder=1)
    if not marks:
        return
    top = panels[0]
    low, high = top.get_xlim()
    shares = [(place - low) / (high - low) for place in marks.values()]
    for name, share, shown in zip(marks, shares, spread(shares, _MARK_WIDTH, 0.0, 1.0), strict=True):
        top.annotate(
            label(name),
            xy=(share, 1.0),
            xytext=(shown, 1.06),
            xycoords="axes fraction",
            textcoords="axes fraction",
            rotation=90,
            ha="center",
            va="bottom",
            fontsize=8,
            color=INK,
            arrowprops={"arrowstyle": "-", "color": MUTED, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 0},
        )
