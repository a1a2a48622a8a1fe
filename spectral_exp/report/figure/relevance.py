"""The ranking as bars, with the names of the inputs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from spectral_exp.report.figure.style import (
    DROPPED,
    INK,
    KEPT,
    MUTED,
    WIDTH,
    add_legend,
    add_title,
    axis_end,
    count_axis,
    house_style,
    label,
)
from spectral_exp.report.ranking import RankedFeature, join_groups, with_bars

_CUT: dict[str, Any] = {"color": INK, "linewidth": 1, "linestyle": (0, (4, 3))}


@house_style
def relevance_figure(ranking: Sequence[RankedFeature], title: str, groups: Sequence[str] | None = None) -> Figure:
    """Draw the relevance of the top inputs as bars, and beside them that of all, if there are more.

    Args:
        ranking: the inputs, most relevant first.
        title: what was ranked; the figure's title adds how many inputs are kept.
        groups: name of the group of every input, whose inputs share a bar; None if there are no groups.

    Returns:
        The figure.
    """
    rows = join_groups(ranking, groups)
    shown = with_bars(rows)
    n_kept = sum(one.selected for one in ranking)
    figure = Figure(figsize=(WIDTH, 1.4 + 0.195 * max(len(shown), 4)))
    if len(rows) > len(shown):
        bars, curve = figure.subplots(1, 2, width_ratios=(3, 2))
        _draw_all(curve, ranking)
    else:
        bars = figure.subplots()
    _draw_bars(bars, shown)
    add_title(figure, f"{title}: {n_kept:,} of {len(ranking):,} inputs kept")
    if n_kept < len(ranking):
        handles: list[Artist] = [Patch(color=KEPT, label="kept"), Patch(color=DROPPED, label="dropped")]
        add_legend(figure, [*handles, Line2D([], [], label="cut", **_CUT)] if n_kept else handles[1:])
    return figure


def _draw_bars(axes: Axes, shown: Sequence[RankedFeature]) -> None:
    places = np.arange(len(shown))
    axes.barh(
        places,
        [one.relevance for one in shown],
        height=0.72,
        color=[KEPT if one.selected else DROPPED for one in shown],
    )
    axes.set_yticks(places, [label(one.name) for one in shown])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlim(0, 1.04 * axis_end(one.relevance for one in shown))
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("relevance")
    if not any(one.relevance for one in shown):
        axes.text(0.5, 0.5, "every relevance is 0", transform=axes.transAxes, ha="center", color=MUTED)
    cut = _cut(shown)
    if 0 < cut < len(shown):
        axes.axhline(cut - 0.5, **_CUT)


def _draw_all(axes: Axes, ranking: Sequence[RankedFeature]) -> None:
    relevance = np.array([one.relevance for one in ranking])
    cut = _cut(ranking)
    ranks = np.arange(1, len(ranking) + 1)
    if len(ranking) > 300:
        axes.set_xscale("log")
    for part, color in ((slice(0, cut), KEPT), (slice(max(cut - 1, 0), None), DROPPED)):
        axes.fill_between(ranks[part], relevance[part], color=color, linewidth=0, alpha=0.9)
    axes.set_xlim(1, len(ranking))
    axes.set_ylim(0, 1.04 * axis_end(relevance))
    count_axis(axes.xaxis)
    axes.set_xlabel("rank, all inputs")
    axes.set_ylabel("relevance")
    if 0 < cut < len(ranking):
        axes.axvline(cut, **_CUT)


def _cut(ranking: Sequence[RankedFeature]) -> int:
    # Count the inputs down to the last one kept.
    return max((place for place, one in enumerate(ranking, start=1) if one.selected), default=0)
