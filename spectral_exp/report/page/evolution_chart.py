"""The figure of eigenvalues over training, with a slider through its moments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from spectral_exp.report.eigenvalue_sizes import eigenvalue_sizes
from spectral_exp.report.page.chart import (
    ACCENT,
    BANDS,
    COLORSCALE,
    LINES,
    MUTED,
    N_LINES,
    Chart,
    new_figure,
    script_json,
    text_of,
)
from spectral_exp.report.page.image_chart import image_axes
from spectral_exp.report.page.relevance_chart import bar_figure
from spectral_exp.report.page.table import simple_table
from spectral_exp.report.ranking import N_BARS, RankedFeature, join_groups

if TYPE_CHECKING:
    from spectral_exp.tracking.trace import Trace

# Records that the slider steps through, and inputs whose values it carries at most.
N_SLIDER_RECORDS = 60
N_SLIDER_PIXELS = 4096


@dataclass(frozen=True)
class Evolution:
    """Eigenvalues over training, and what a slider shows of one moment of it.

    Attributes:
        chart: the top inputs over training; a line marks the slider's place.
        moment: the inputs at the slider's place, at first the last record.
        records: JSON for the page's script: `steps`, and `values` of each record in the order of the moment's data.
        n_records: how many the slider steps through.
    """

    chart: Chart
    moment: Chart
    records: Markup
    n_records: int


def ranking_so_far(trace: Trace, names: Sequence[str]) -> list[RankedFeature]:
    """Order the inputs of a run that has no ranking yet by the size of their eigenvalues.

    Args:
        trace: what was recorded, at least one record.
        names: of the inputs.

    Returns:
        The inputs, largest eigenvalue first; those count as selected whose eigenvalue is not 0.
    """
    now, is_kept = trace.eigenvalues[-1], trace.mask[-1]
    order = np.argsort(-np.abs(now), kind="stable")
    return [
        RankedFeature(rank, int(j), names[j], abs(float(now[j])), float(now[j]), bool(is_kept[j]), -1)
        for rank, j in enumerate(order, start=1)
    ]


def evolution(
    trace: Trace,
    ranking: Sequence[RankedFeature],
    shape: tuple[int, ...],
    key: str,
    chosen: str = "most relevant",
    groups: Sequence[str] | None = None,
) -> Evolution:
    """Draw the eigenvalues over training, the top inputs by name and the others as bands.

    Args:
        trace: what was recorded, at least one record.
        ranking: the inputs, most relevant first.
        shape: the shape of one row of data.
        key: begins the figures' keys.
        chosen: which the first of the ranking are.
        groups: name of the group of every input, whose inputs share a line; None if there are no groups.

    Returns:
        The figures.
    """
    sizes = eigenvalue_sizes(trace, ranking)
    rows = join_groups(ranking, groups)
    records = np.unique(np.linspace(0, len(trace) - 1, min(len(trace), N_SLIDER_RECORDS)).round().astype(int))
    is_image = len(shape) == 2 and len(ranking) <= N_SLIDER_PIXELS
    shown = sizes[records] if is_image else sizes[records][:, [one.feature for one in rows[:N_BARS]]]
    moment = _pixels(shown[-1], shape, float(shown.max()), key) if is_image else _bars_of(shown, rows, key, chosen)
    values = [[float(f"{value:.4g}") for value in row] for row in shown.tolist()]
    content = {"steps": trace.step[records].tolist(), "values": values, "shape": list(shape) if is_image else None}
    return Evolution(_lines(trace, sizes, rows, key, chosen), moment, script_json(content), len(records))


def _lines(trace: Trace, sizes: np.ndarray, ranking: Sequence[RankedFeature], key: str, chosen: str) -> Chart:
    named = [one for one in ranking if sizes[-1, one.feature] > 0][:N_LINES]
    others = np.setdiff1d([one.feature for one in ranking], [one.feature for one in named])
    figure = new_figure(430, "training step", "|eigenvalue|", hovermode="x unified" if len(trace) > 1 else "closest")
    if len(others):
        low, lower, middle, upper, high = np.percentile(sizes[:, others], (5, 25, 50, 75, 95), axis=1)
        for edges, color, name in (((low, high), BANDS[0], "5 to 95 %"), ((lower, upper), BANDS[1], "25 to 75 %")):
            for edge, fill in zip(edges, (None, "tonexty"), strict=True):
                figure.add_scatter(
                    x=trace.step, y=edge, fill=fill, fillcolor=color, line={"width": 0}, mode="lines",
                    name=name, showlegend=fill is not None, hoverinfo="skip",
                )  # fmt: skip
        figure.add_scatter(
            x=trace.step, y=middle, mode="lines", line={"color": MUTED, "width": 1.5, "dash": "dot"},
            name=f"median of {len(others):,} other{'' if len(others) == 1 else 's'}",
        )  # fmt: skip
    for one, color in zip(named, LINES, strict=False):
        figure.add_scatter(
            x=trace.step, y=sizes[:, one.feature], mode="lines" if len(trace) > 1 else "markers",
            line={"color": color, "width": 2}, name=text_of(one.name, 24),
        )  # fmt: skip
    figure.update_yaxes(rangemode="tozero")
    figure.update_traces(hovertemplate="%{y:.3g}", selector={"hoverinfo": None})
    figure.add_vline(x=int(trace.step[-1]), line={"color": ACCENT, "width": 1.5, "dash": "dash"})
    rows: list[list[str | float]] = [
        [one.name, float(sizes[0, one.feature]), float(sizes[-1, one.feature])] for one in named
    ]
    largest = max(ranking, key=lambda one: sizes[-1, one.feature])
    first = f" The largest at the end is that of {largest.name}." if named else " At the end all are 0."
    return Chart(
        f"{key}-eigenvalues",
        "Eigenvalues over training",
        f"Absolute eigenvalues of {sizes.shape[1]:,} inputs from step {int(trace.step[0]):,} to "
        f"{int(trace.step[-1]):,}; the {chosen} by name.{first}",
        figure,
        simple_table("Absolute eigenvalues", ("input", "at the start", "at the end"), rows),
    )


def _bars_of(shown: np.ndarray, ranking: Sequence[RankedFeature], key: str, chosen: str) -> Chart:
    top = ranking[: shown.shape[1]]
    figure = bar_figure([one.name for one in top], shown[-1], [one.selected for one in top], "|eigenvalue|")
    figure.update_xaxes(range=[0, 1.05 * max(float(shown.max()), 1e-12)])
    return Chart(
        f"{key}-moment",
        "At one moment",
        f"Absolute eigenvalues of the inputs that are {chosen} in the end, at the step chosen by the slider; "
        "the inputs that are kept in the end are blue.",
        figure,
    )


def _pixels(sizes: np.ndarray, shape: tuple[int, ...], high: float, key: str) -> Chart:
    figure = new_figure(380, "", "", margin={"t": 16, "b": 30}, meta="image")
    figure.add_heatmap(
        z=sizes.reshape(shape), zmin=0, zmax=max(high, 1e-12), colorscale=COLORSCALE,
        hovertemplate="row %{y}, column %{x}: %{z:.3g}<extra></extra>", colorbar={"thickness": 12},
    )  # fmt: skip
    image_axes(figure, 1)
    return Chart(
        f"{key}-moment",
        "At one moment",
        "Absolute eigenvalue of every pixel at the step chosen by the slider; dark is low.",
        figure,
    )
