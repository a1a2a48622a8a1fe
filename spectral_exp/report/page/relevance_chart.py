"""The figure of the most relevant inputs of a run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from spectral_exp.report.page.chart import DROPPED, KEPT, Chart, new_figure, text_of
from spectral_exp.report.ranking import RankedFeature, join_groups, with_bars


def relevance_chart(ranking: Sequence[RankedFeature], key: str, groups: Sequence[str] | None = None) -> Chart:
    """Draw the relevance of the top inputs as bars.

    Args:
        ranking: the inputs, most relevant first.
        key: begins the figure's key.
        groups: name of the group of every input, whose inputs share a bar; None if there are no groups.

    Returns:
        The figure; its table is that of all inputs.
    """
    rows = join_groups(ranking, groups)
    top = with_bars(rows)
    figure = bar_figure(
        [one.name for one in top], [one.relevance for one in top], [one.selected for one in top], "relevance"
    )
    n_selected = sum(one.selected for one in ranking)
    shown = f"the {len(top)} most relevant of {len(ranking):,} inputs" if len(top) < len(rows) else "all inputs"
    return Chart(
        f"{key}-relevance",
        "Relevance",
        f"Relevance of {shown}, highest first: {top[0].name} leads with {top[0].relevance:.3g}. "
        f"{_colors(n_selected, len(ranking))}",
        figure,
    )


def _colors(n_selected: int, n_features: int) -> str:
    if n_selected == n_features:
        return "All are selected (blue)."
    return f"{n_selected:,} of {n_features:,} {'is' if n_selected == 1 else 'are'} selected (blue), the others grey."


def bar_figure(
    names: Sequence[str], values: Sequence[float] | np.ndarray, is_kept: Sequence[bool], title: str
) -> go.Figure:
    """Draw one bar per input, from the top down.

    Args:
        names: of the inputs.
        values: the lengths.
        is_kept: which inputs are, and get another color.
        title: of the axis.

    Returns:
        The figure.
    """
    figure = new_figure(90 + 20 * max(len(names), 4), title, "")
    figure.add_bar(
        x=np.asarray(values, dtype=float), y=list(range(len(names))), orientation="h",
        marker={"color": [KEPT if one else DROPPED for one in is_kept]},
        customdata=[text_of(name, 80) for name in names], hovertemplate="%{customdata}: %{x:.4g}<extra></extra>",
    )  # fmt: skip
    # Names as labels of numbered places: two inputs whose short names are equal keep a bar each.
    figure.update_yaxes(
        autorange="reversed", tickvals=list(range(len(names))), ticktext=[text_of(name, 20) for name in names],
        showgrid=False,
    )  # fmt: skip
    figure.update_layout(bargap=0.25)
    return figure
