"""A figure of the page: what it shows, in words and as a table too, and how it looks."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
from markupsafe import Markup
from plotly.colors import sample_colorscale

from spectral_exp.report.names import shorten
from spectral_exp.report.page.table import Table

N_LINES = 10
KEPT, DROPPED, ACCENT, INK, MUTED, GRID = "#0b6aa8", "#b9c0c8", "#c8501e", "#1f2933", "#66707c", "#e6e9ed"
# Grey that shows on white as well as on black.
BANDS = ("rgba(120,130,140,0.20)", "rgba(120,130,140,0.35)")
# From dark to light by rank, short of the yellow that cannot be read on white and the violet that cannot on black.
LINES = sample_colorscale("Viridis", [rank * 0.8 / (N_LINES - 1) for rank in range(N_LINES)])
_LINES_ON_BLACK = sample_colorscale("Viridis", [0.3 + rank * 0.7 / (N_LINES - 1) for rank in range(N_LINES)])
COLORSCALE = "Viridis"

# What each colour becomes on a dark screen; the page's script replaces them.
DARK = {
    KEPT: "#58b0ee",
    DROPPED: "#4d5864",
    ACCENT: "#ff9b6b",
    INK: "#e6ebf0",
    MUTED: "#9aa5b1",
    GRID: "#2a323b",
    **dict(zip(LINES, _LINES_ON_BLACK, strict=True)),
}

_AXIS = {
    "gridcolor": GRID,
    "zerolinecolor": GRID,
    "linecolor": MUTED,
    "automargin": True,
    "title": {"standoff": 8},
    "fixedrange": False,
}


@dataclass(frozen=True)
class Chart:
    """One figure of the page.

    Attributes:
        key: its name, a word; unique on the page.
        title: what it shows.
        description: what there is to see, for those who cannot see it and as its caption.
        figure: the figure.
        table: its numbers, or the most important of them; None where another table of the page has them.
        is_wide: whether it needs the whole width of the page.
    """

    key: str
    title: str
    description: str
    figure: go.Figure
    table: Table | None = None
    is_wide: bool = False

    @property
    def json(self) -> Markup:
        """The figure for a script element."""
        return script_json(self.figure.to_plotly_json())

    @property
    def height(self) -> int:
        """Its height on the page in pixels."""
        return int(self.figure.layout.height)


def script_json(content: Any) -> Markup:
    """Write plain values and arrays as JSON that cannot end the script element around it.

    Args:
        content: what plotly can write as JSON; NaN becomes null.

    Returns:
        The JSON, safe within HTML.
    """
    from plotly.io.json import to_json_plotly

    text = str(to_json_plotly(content, engine="json"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def text_of(name: str, width: int = 28) -> str:
    """Make a name fit for a figure: short, and none of its characters are taken for markup.

    Args:
        name: any text.
        width: the most characters to show.

    Returns:
        The text, escaped.
    """
    return html.escape(shorten(name, width), quote=False)


def log_ticks(low: float, high: float) -> list[int]:
    """Choose the ticks of a logarithmic axis of counts.

    Args:
        low: the smallest count.
        high: the largest count.

    Returns:
        1, 2, 5, 10, 20 and so on, as far as the axis goes.

    Example:
        >>> log_ticks(3, 64)
        [5, 10, 20, 50]
    """
    ticks = [digit * 10**power for power in range(10) for digit in (1, 2, 5)]
    return [tick for tick in ticks if low <= tick <= high]


def new_figure(height: int, x_title: str, y_title: str, **layout: Any) -> go.Figure:
    """Start a figure in the style of the page.

    Args:
        height: in pixels.
        x_title: what the x axis shows.
        y_title: what the y axis shows.
        **layout: more of plotly's layout; `xaxis` and `yaxis` are added to those of the page.

    Returns:
        The figure, without data.
    """
    figure = go.Figure()
    figure.update_layout(
        template=go.layout.Template(),
        height=height,
        margin={"l": 56, "r": 16, "t": 16, "b": 48},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "system-ui, sans-serif", "size": 13, "color": INK},
        hoverlabel={"font": {"family": "system-ui, sans-serif"}, "align": "left"},
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": MUTED, "activecolor": INK},
        legend={"orientation": "h", "yanchor": "top", "y": -0.2, "x": 0, "traceorder": "normal"},
        hovermode="closest",
        dragmode=False,  # a finger that scrolls the page must not zoom into a figure
    )
    style_axes(figure)
    figure.update_xaxes(title_text=x_title)
    figure.update_yaxes(title_text=y_title)
    figure.update_layout(**layout)
    return figure


def style_axes(figure: go.Figure) -> None:
    """Give the axes of a figure, of all its parts, the style of the page.

    Args:
        figure: is changed.
    """
    figure.update_xaxes(**_AXIS)
    figure.update_yaxes(**_AXIS)
