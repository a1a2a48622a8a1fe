"""The figures of one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from markupsafe import Markup
from plotly.subplots import make_subplots

from spectral_exp.report.eigenvalue_sizes import eigenvalue_sizes
from spectral_exp.report.names import VALIDATION_SCORES
from spectral_exp.report.page.chart import (
    ACCENT,
    BANDS,
    COLORSCALE,
    DROPPED,
    KEPT,
    LINES,
    MUTED,
    N_LINES,
    Chart,
    log_ticks,
    new_figure,
    script_json,
    text_of,
)
from spectral_exp.report.page.table import simple_table
from spectral_exp.report.ranking import N_BARS, RankedFeature, with_bars
from spectral_exp.report.run_files import MaskingCurve
from spectral_exp.tracking.path_curve import PathCurve

if TYPE_CHECKING:
    from spectral_exp.tracking.trace import Trace

# Records that the slider steps through, and inputs whose values it carries at most.
N_SLIDER_RECORDS = 60
N_SLIDER_PIXELS = 4096

_METRICS = {"accuracy": "accuracy", "mae": "mean absolute error"}


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
    trace: Trace, ranking: Sequence[RankedFeature], shape: tuple[int, ...], key: str, chosen: str = "most relevant"
) -> Evolution:
    """Draw the eigenvalues over training, the top inputs by name and the others as bands.

    Args:
        trace: what was recorded, at least one record.
        ranking: the inputs, most relevant first.
        shape: the shape of one row of data.
        key: begins the figures' keys.
        chosen: which the first of the ranking are.

    Returns:
        The figures.
    """
    sizes = eigenvalue_sizes(trace, ranking)
    records = np.unique(np.linspace(0, len(trace) - 1, min(len(trace), N_SLIDER_RECORDS)).round().astype(int))
    is_image = len(shape) == 2 and len(ranking) <= N_SLIDER_PIXELS
    shown = sizes[records] if is_image else sizes[records][:, [one.feature for one in ranking[:N_BARS]]]
    moment = _pixels(shown[-1], shape, float(shown.max()), key) if is_image else _bars_of(shown, ranking, key, chosen)
    values = [[float(f"{value:.4g}") for value in row] for row in shown.tolist()]
    content = {"steps": trace.step[records].tolist(), "values": values, "shape": list(shape) if is_image else None}
    return Evolution(_lines(trace, sizes, ranking, key, chosen), moment, script_json(content), len(records))


def _lines(trace: Trace, sizes: np.ndarray, ranking: Sequence[RankedFeature], key: str, chosen: str) -> Chart:
    named = [one for one in ranking if sizes[-1, one.feature] > 0][:N_LINES]
    others = np.setdiff1d(np.arange(len(ranking)), [one.feature for one in named])
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
        f"Absolute eigenvalues of {len(ranking):,} inputs from step {int(trace.step[0]):,} to "
        f"{int(trace.step[-1]):,}; the {chosen} by name.{first}",
        figure,
        simple_table("Absolute eigenvalues", ("input", "at the start", "at the end"), rows),
    )


def _bars_of(shown: np.ndarray, ranking: Sequence[RankedFeature], key: str, chosen: str) -> Chart:
    top = ranking[: shown.shape[1]]
    figure = _bar_figure([one.name for one in top], shown[-1], [one.selected for one in top], "|eigenvalue|")
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
    _image_axes(figure, 1)
    return Chart(
        f"{key}-moment",
        "At one moment",
        "Absolute eigenvalue of every pixel at the step chosen by the slider; dark is low.",
        figure,
    )


def relevance_chart(ranking: Sequence[RankedFeature], key: str) -> Chart:
    """Draw the relevance of the top inputs as bars.

    Args:
        ranking: the inputs, most relevant first.
        key: begins the figure's key.

    Returns:
        The figure; its table is that of all inputs.
    """
    top = with_bars(ranking)
    figure = _bar_figure(
        [one.name for one in top], [one.relevance for one in top], [one.selected for one in top], "relevance"
    )
    n_selected = sum(one.selected for one in ranking)
    shown = f"the {len(top)} most relevant of {len(ranking):,} inputs" if len(top) < len(ranking) else "all inputs"
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


def _bar_figure(
    names: Sequence[str], values: Sequence[float] | np.ndarray, is_kept: Sequence[bool], title: str
) -> go.Figure:
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


def image_chart(
    relevance: np.ndarray, kept: np.ndarray, shape: tuple[int, ...], titles: tuple[str, str], description: str, key: str
) -> Chart:
    """Draw relevance and mask of pixels as images.

    Args:
        relevance: one value per pixel.
        kept: the share of runs that keep each pixel, 0 to 1; of one run 0 or 1.
        shape: (height, width).
        titles: of the two images.
        description: what there is to see.
        key: begins the figure's key.

    Returns:
        The figure.
    """
    figure = make_subplots(1, 2, horizontal_spacing=0.08)
    figure.update_layout(new_figure(340, "", "").layout)
    figure.update_layout(showlegend=False, margin={"t": 30, "b": 30}, meta="image")
    scales = (COLORSCALE, [[0, DROPPED], [1, KEPT]])
    for column, (values, scale, title) in enumerate(zip((relevance, kept), scales, titles, strict=True), start=1):
        figure.add_heatmap(
            z=values.reshape(shape), zmin=0, zmax=max(float(values.max()), 1e-12) if column == 1 else 1,
            colorscale=scale, showscale=False, row=1, col=column,
            hovertemplate="row %{y}, column %{x}: %{z:.3g}<extra></extra>",
        )  # fmt: skip
        _image_axes(figure, column)
        suffix = "" if column == 1 else column
        figure.add_annotation(
            text=title, xref=f"x{suffix} domain", yref=f"y{suffix} domain", x=0, y=1,
            showarrow=False, xanchor="left", yanchor="bottom",
        )  # fmt: skip
    return Chart(f"{key}-image", "Pixels", description, figure)


def _image_axes(figure: go.Figure, column: int) -> None:
    axes = {"showgrid": False, "zeroline": False, "constrain": "domain", "showline": False, "constraintoward": "top"}
    figure.update_xaxes(**axes | {"constraintoward": "left"}, selector=column - 1)
    anchor = "x" if column == 1 else f"x{column}"
    figure.update_yaxes(**axes, autorange="reversed", scaleanchor=anchor, selector=column - 1)


def inputs_curve_chart(masking: MaskingCurve | None, path: PathCurve | None, n_selected: int, key: str) -> Chart | None:
    """Draw the scores against the number of inputs.

    Args:
        masking: the test score with only the top inputs, without retraining; None if there is none.
        path: the validation score on a path; None if there is none.
        n_selected: how many inputs the run selects.
        key: begins the figure's key.

    Returns:
        The figure; None without any curve.
    """
    if masking is None and path is None:
        return None
    figure = new_figure(400, "inputs kept", "", xaxis_type="log", showlegend=True)
    metric = masking.metric if masking else path.metric.partition("/")[2] if path else ""
    figure.update_yaxes(title_text=_METRICS.get(metric, metric))
    rows: list[list[str | float]] = []
    told = []
    for name, n_kept, score, color, dash in _curves(masking, path):
        figure.add_scatter(
            x=n_kept, y=score, mode="lines+markers", name=name, line={"color": color, "width": 2, "dash": dash},
            hovertemplate="%{x} inputs: %{y:.4g}",
        )  # fmt: skip
        rows += [[name, int(count), float(value)] for count, value in zip(n_kept, score, strict=True)]
        ends = f"{score[0]:.3g} with {n_kept[0]:,.0f} and {score[-1]:.3g} with {n_kept[-1]:,.0f}"
        told.append(f"{name[0].upper()}{name[1:]}: {ends}")
    counts = [int(row[1]) for row in rows]
    figure.update_xaxes(tickvals=log_ticks(min(counts), max(counts)))
    falls = metric == "mae"  # the curve leaves the upper right corner free, not the lower one
    if n_selected:
        figure.add_vline(x=n_selected, line={"color": MUTED, "width": 1.5, "dash": "dash"})
        figure.add_annotation(
            text=f"{n_selected:,} selected", x=np.log10(n_selected), y=0.98 if falls else 0.02,
            yref="paper", showarrow=False,
            xanchor="right" if n_selected > 3 else "left", xshift=-4 if n_selected > 3 else 4,
        )  # fmt: skip
    return Chart(
        f"{key}-curve",
        "Score against the number of inputs",
        f"The most relevant inputs are kept first. {'. '.join(told)}.",
        figure,
        simple_table("Score against the number of inputs", ("curve", "inputs", "score"), rows),
    )


def _curves(masking: MaskingCurve | None, path: PathCurve | None) -> list[tuple[str, np.ndarray, np.ndarray, str, str]]:
    curves = []
    if masking is not None:
        some = masking.n_kept > 0
        name = f"test {_METRICS.get(masking.metric, masking.metric)}, the others set to 0"
        curves.append((name, masking.n_kept[some], masking.score[some], KEPT, "solid"))
    if path is not None:
        name = f"{VALIDATION_SCORES[path.metric]} of the net on its path"
        n_kept = np.array([point.n_kept for point in path.points])
        score = np.array([point.score for point in path.points])
        curves.append((name, n_kept, score, ACCENT, "dot"))
    return curves
