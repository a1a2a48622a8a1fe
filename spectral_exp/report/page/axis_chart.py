"""Relevance along a physical axis, with the mean inputs of each class: spectra and bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from plotly.colors import sample_colorscale
from plotly.subplots import make_subplots

from spectral_exp.report.page.chart import ACCENT, DROPPED, KEPT, MUTED, Chart, new_figure, text_of
from spectral_exp.report.ranking import RankedFeature

if TYPE_CHECKING:
    from spectral_exp.dataset.axis import Axis

MARK_WIDTH = 0.03  # of a rotated label, as a share of the axis


def axis_chart(ranking: Sequence[RankedFeature], axis: Axis, key: str) -> Chart:
    """Draw the relevance of every input at its place, and above it the mean inputs of each class.

    Args:
        ranking: the inputs, most relevant first.
        axis: where they lie, with marks and mean inputs, either of which may be missing.
        key: begins the figure's key.

    Returns:
        The figure; its table is that of all inputs.
    """
    n_panels = 2 if axis.means else 1
    figure = make_subplots(n_panels, 1, shared_xaxes=True, vertical_spacing=0.06)
    figure.update_layout(new_figure(240 + 200 * n_panels, "", "").layout)
    order = np.argsort(axis.values, kind="stable")
    for (name, mean), color in zip(axis.means.items(), _colors(len(axis.means)), strict=True):
        figure.add_scatter(
            x=axis.values[order], y=mean[order], mode="lines", line={"color": color, "width": 1},
            name=text_of(name), hovertemplate="%{x:,.6g}: %{y:.4g}", row=1, col=1,
        )  # fmt: skip
    for is_kept, color, name in ((False, DROPPED, "not selected"), (True, KEPT, "selected")):
        shown = [one for one in ranking if one.selected == is_kept and (is_kept or one.relevance > 0)]
        if shown:
            places = axis.values[[one.feature for one in shown]]
            figure.add_bar(
                x=places, y=[one.relevance for one in shown], marker={"color": color, "line": {"color": color}},
                width=float(np.ptp(axis.values)) / 500, name=name, hovertemplate="%{x:,.6g}: %{y:.4g}",
                row=n_panels, col=1,
            )  # fmt: skip
    low, high = float(axis.values.min()), float(axis.values.max())
    marks = {name: place for name, place in axis.marks.items() if low <= place <= high}
    for place in marks.values():
        figure.add_vline(x=place, line={"color": ACCENT, "width": 1}, row="all", col=1)
    for names, place in _labels(marks, MARK_WIDTH * (high - low)):
        figure.add_annotation(
            text=text_of(names, 20), x=place, y=1, yref="paper", yanchor="bottom", textangle=-90, showarrow=False,
            font={"size": 10, "color": MUTED},
        )  # fmt: skip
    figure.update_layout(showlegend=True, barmode="overlay", margin={"t": 120 if marks else 16})
    figure.update_xaxes(title_text=axis.label, row=n_panels, col=1)
    figure.update_yaxes(title_text="relevance", rangemode="tozero", row=n_panels, col=1)
    if axis.means:
        figure.update_yaxes(title_text="mean input", row=1, col=1)
    top = ranking[0]
    n_selected = sum(one.selected for one in ranking)
    return Chart(
        f"{key}-axis",
        f"Relevance by {axis.name}",
        f"Relevance of {len(ranking):,} inputs from {low:,.6g} to {high:,.6g} {axis.unit}, of which {n_selected:,} "
        f"{'is' if n_selected == 1 else 'are'} selected (blue). {top.name} {axis.unit} leads with {top.relevance:.3g}."
        + (" Above it the mean over the training rows of each class." if axis.means else ""),
        figure,
    )


def _labels(marks: Mapping[str, float], width: float) -> list[tuple[str, float]]:
    """Put the names of neighbours that would overlap into one label."""
    labels: list[tuple[str, float]] = []
    for name, place in sorted(marks.items(), key=lambda mark: mark[1]):
        if labels and place - labels[-1][1] < width:
            labels[-1] = (f"{labels[-1][0]}, {name}", labels[-1][1])
        else:
            labels.append((name, place))
    return labels


def _colors(count: int) -> list[str]:
    return list(sample_colorscale("Viridis", [0.1 + 0.75 * place / max(count - 1, 1) for place in range(count)]))
