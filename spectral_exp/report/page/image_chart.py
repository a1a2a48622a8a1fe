"""The figure of inputs that are the pixels of an image."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from spectral_exp.report.page.chart import COLORSCALE, DROPPED, KEPT, Chart, new_figure


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
        image_axes(figure, column)
        suffix = "" if column == 1 else column
        figure.add_annotation(
            text=title, xref=f"x{suffix} domain", yref=f"y{suffix} domain", x=0, y=1,
            showarrow=False, xanchor="left", yanchor="bottom",
        )  # fmt: skip
    return Chart(f"{key}-image", "Pixels", description, figure)


def image_axes(figure: go.Figure, column: int) -> None:
    """Let axes frame an image, its first row at the top and its pixels square.

    Args:
        figure: what holds it.
        column: where it stands, from 1.
    """
    axes = {"showgrid": False, "zeroline": False, "constrain": "domain", "showline": False, "constraintoward": "top"}
    figure.update_xaxes(**axes | {"constraintoward": "left"}, selector=column - 1)
    anchor = "x" if column == 1 else f"x{column}"
    figure.update_yaxes(**axes, autorange="reversed", scaleanchor=anchor, selector=column - 1)
