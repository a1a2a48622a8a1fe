"""How training went, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from plotly.subplots import make_subplots

from spectral_exp.report.names import VALIDATION_SCORES
from spectral_exp.report.page.chart import ACCENT, INK, KEPT, Chart, new_figure, style_axes
from spectral_exp.report.page.table import simple_table

_LINES = {
    "train/loss": ("training loss", INK, 1),
    "val/loss": ("validation loss", KEPT, 1),
    **{column: (name, KEPT, 2) for column, name in VALIDATION_SCORES.items()},
    "spectral/n_selected": ("inputs kept", ACCENT, 3),
}


def training_chart(history: Mapping[str, np.ndarray], key: str) -> Chart | None:
    """Draw loss, validation score and the number of inputs kept, one above the other.

    Args:
        history: the columns of the metrics' file, one value per epoch, NaN where there is none.
        key: begins the figure's key.

    Returns:
        The figure; None before the end of the first epoch.
    """
    known = {column: np.isfinite(history[column]) for column in _LINES if column in history}
    known = {column: is_known for column, is_known in known.items() if is_known.any()}
    if not known:
        return None
    panels = sorted({_LINES[column][2] for column in known})
    figure = make_subplots(len(panels), 1, shared_xaxes=True, vertical_spacing=0.06)
    figure.update_layout(new_figure(150 + 110 * len(panels), "", "", hovermode="x unified").layout)
    style_axes(figure)
    told: list[str] = []
    rows: list[list[str | float]] = []
    for column, is_known in known.items():
        name, color, panel = _LINES[column]
        epochs, values = history["epoch"][is_known], history[column][is_known]
        row = panels.index(panel) + 1
        figure.add_scatter(
            x=epochs, y=values, mode="lines+markers" if len(values) < 3 else "lines", name=name,
            line={"color": color, "width": 2}, hovertemplate="%{y:.4g}", row=row, col=1,
        )  # fmt: skip
        told.append(f"{name} {values[-1]:.4g}")
        rows.append([name, float(values[0]), float(values[-1])])
    for panel, title in ((1, "loss"), (2, "score"), (3, "inputs")):
        if panel in panels:
            figure.update_yaxes(title_text=title, row=panels.index(panel) + 1, col=1)
    figure.update_xaxes(title_text="epoch", row=len(panels), col=1)
    n_epochs = len(history["epoch"])
    return Chart(
        f"{key}-training",
        "Training",
        f"After {n_epochs:,} epoch{'' if n_epochs == 1 else 's'}: {', '.join(told)}.",
        figure,
        simple_table("First and last epoch", ("metric", "first", "last"), rows),
    )
