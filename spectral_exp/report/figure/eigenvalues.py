"""Eigenvalues over training: the top inputs by name, the others as a crowd."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spectral_exp.report.eigenvalue_sizes import eigenvalue_sizes
from spectral_exp.report.figure.style import (
    ACCENT,
    DROPPED,
    INK,
    MUTED,
    WIDTH,
    add_legend,
    add_title,
    count_axis,
    house_style,
    label,
    number,
    spread,
)
from spectral_exp.report.ranking import RankedFeature, join_groups

if TYPE_CHECKING:
    from spectral_exp.tracking.trace import Trace

N_NAMED = 10
# Up to so many others are drawn one by one; quantiles of fewer would say less than the lines themselves.
N_LINES = 30

_BANDS = ((5, 95, 0.35, "5 to 95 %"), (25, 75, 0.65, "25 to 75 %"))


@house_style
def eigenvalues_figure(
    trace: Trace, ranking: Sequence[RankedFeature], title: str, groups: Sequence[str] | None = None
) -> Figure:
    """Draw the size of the eigenvalues against the training step.

    Dropped inputs end where they are dropped; within the bands they count as 0.

    Args:
        trace: what was recorded, over all inputs.
        ranking: the inputs, most relevant first.
        title: the figure's title.
        groups: name of the group of every input, whose inputs share a line; None if there are no groups.

    Returns:
        The figure; below the eigenvalues the strength of the penalty, if it varies.
    """
    steps, strength = trace.step, trace.strength
    sizes = eigenvalue_sizes(trace, ranking)

    rows = join_groups(ranking, groups)
    named = [one for one in rows if sizes[-1, one.feature] > 0][:N_NAMED]
    others = np.setdiff1d([one.feature for one in rows], [one.feature for one in named])

    has_strength = np.ptp(strength) > 0
    figure = Figure(figsize=(WIDTH, 5.4 if has_strength else 4.7))
    panels = figure.subplots(2, 1, sharex=True, height_ratios=(7, 1)) if has_strength else (figure.subplots(),)
    axes = panels[0]
    if len(others) <= N_LINES:
        _draw_lines(axes, steps, sizes[:, others])
    else:
        _draw_bands(axes, steps, sizes[:, others])
    _scale_steps(axes, steps)
    axes.set_ylim(0, max(float(axes.get_ylim()[1]), 1e-12))
    _draw_named(axes, steps, sizes, named)
    add_title(figure, title)
    axes.set_ylabel("|eigenvalue|")
    if len(others):
        add_legend(figure, axes.get_legend_handles_labels()[0])
    if has_strength:
        _draw_strength(panels[1], steps, strength)
    panels[-1].set_xlabel("training step")
    return figure


def _draw_lines(axes: Axes, steps: np.ndarray, sizes: np.ndarray) -> None:
    is_dropped = (sizes[-1] == 0) & (sizes > 0).any(axis=0)
    for column, ends in zip(sizes.T, is_dropped, strict=True):
        # The first 0 belongs to the line: that is where it ends.
        length = np.flatnonzero(column)[-1] + 2 if ends else len(column)
        axes.plot(steps[:length], column[:length], color=DROPPED, linewidth=1)
        if ends:
            axes.plot(steps[length - 1], 0, "o", color=MUTED, markersize=3.5, clip_on=False, zorder=3)
    if len(sizes.T):
        axes.lines[0].set_label("other inputs")
    if is_dropped.any():
        axes.plot([], [], "o", color=MUTED, markersize=3.5, label="dropped")


def _draw_bands(axes: Axes, steps: np.ndarray, sizes: np.ndarray) -> None:
    for low, high, opacity, name in _BANDS:
        edges = np.percentile(sizes, (low, high), axis=1)
        axes.fill_between(steps, *edges, color=DROPPED, alpha=opacity, linewidth=0, label=name)
    axes.plot(steps, np.median(sizes, axis=1), color=MUTED, linewidth=1.4, label=f"median of {sizes.shape[1]:,} others")


def _draw_named(axes: Axes, steps: np.ndarray, sizes: np.ndarray, named: Sequence[RankedFeature]) -> None:
    # From dark to light by rank, short of the yellow that cannot be read on white.
    colors = colormaps["viridis"](np.linspace(0, 0.8, max(len(named), 1)))
    for one, color in zip(named, colors, strict=False):
        axes.plot(steps, sizes[:, one.feature], color=color)
    top = float(sizes[:, [one.feature for one in named]].max(initial=0.0))
    axes.set_ylim(0, max(axes.get_ylim()[1], 1.03 * top))
    height = axes.get_ylim()[1]
    ends = [float(sizes[-1, one.feature]) / height for one in named]
    places = spread(ends, gap=0.052, low=0.02, high=0.98)
    for one, color, end, place in zip(named, colors, ends, places, strict=False):
        axes.annotate(
            label(one.name, 24),
            xy=(steps[-1], end * height),
            xytext=(1.06, place),
            textcoords="axes fraction",
            va="center",
            fontsize=9,
            color=INK,
            arrowprops={
                "arrowstyle": "-",
                "color": color,
                "linewidth": 0.9,
                "relpos": (0, 0.5),
                "shrinkA": 0,
                "shrinkB": 0,
            },
        )


def _scale_steps(axes: Axes, steps: np.ndarray) -> None:
    """Choose the scale on which the records lie evenly: logarithmic if half of them lie in the first tenth."""
    if len(steps) > 4 and np.median(steps) < 0.1 * steps[-1]:
        axes.set_xscale("symlog", linthresh=max(int(steps[steps > 0][0]), 1))
    axes.set_xlim(steps[0], max(steps[-1], steps[0] + 1))
    count_axis(axes.xaxis)


def _draw_strength(axes: Axes, steps: np.ndarray, strength: np.ndarray) -> None:
    axes.fill_between(steps, strength, color=ACCENT, alpha=0.25, linewidth=0)
    axes.plot(steps, strength, color=ACCENT, linewidth=1.2)
    high = float(strength.max())
    axes.set_ylim(0, 1.1 * high)
    axes.set_yticks([0, high], ["0", number(high)])
    axes.set_ylabel("penalty\nstrength", fontsize=9)
