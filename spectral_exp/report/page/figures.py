"""The figures of the page as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import plotly.graph_objects as go

from spectral_exp.errors import UserError
from spectral_exp.report.page.chart import Chart

_WIDTH = 900
_NEEDS = "--figures needs pip install 'spectral_exp[figures]' and Chrome or Chromium"


def write_figures(charts: Sequence[Chart], folder: Path) -> Path:
    """Write each figure as SVG and PNG.

    plotly has one way to do that: a browser, by the package kaleido. One browser draws all of them.

    Args:
        charts: the figures.
        folder: where to write; made if need be.

    Returns:
        The folder.

    Raises:
        UserError: if kaleido or a browser is missing.
    """
    try:
        import kaleido  # noqa: F401
    except ImportError as error:
        raise UserError(f"{_NEEDS}: the package kaleido is missing") from error
    import plotly.io

    folder.mkdir(parents=True, exist_ok=True)
    figures = [_on_paper(chart.figure) for chart in charts]
    try:
        for suffix, scale in (("svg", 1), ("png", 2)):
            paths = [folder / f"{chart.key}.{suffix}" for chart in charts]
            plotly.io.write_images(figures, paths, width=_WIDTH, scale=scale)
    except RuntimeError as error:  # plotly's, when it finds no browser
        raise UserError(f"{_NEEDS}: {' '.join(str(error).split())[:200]}") from error
    return folder


def _on_paper(figure: go.Figure) -> go.Figure:
    return go.Figure(figure).update_layout(paper_bgcolor="white", plot_bgcolor="white")
