"""The figure of scores against the number of inputs of a run."""

from __future__ import annotations

import numpy as np

from spectral_exp.report.names import SCORES, VALIDATION_SCORES
from spectral_exp.report.page.chart import ACCENT, KEPT, MUTED, Chart, log_ticks, new_figure
from spectral_exp.report.page.table import simple_table
from spectral_exp.report.run_files import MaskingCurve
from spectral_exp.tracking.path_curve import PathCurve


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
    figure.update_yaxes(title_text=SCORES.get(metric, metric))
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
        name = f"test {SCORES.get(masking.metric, masking.metric)}, the others set to 0"
        curves.append((name, masking.n_kept[some], masking.score[some], KEPT, "solid"))
    if path is not None:
        name = f"{VALIDATION_SCORES[path.metric]} of the net on its path"
        n_kept = np.array([point.n_kept for point in path.points])
        score = np.array([point.score for point in path.points])
        curves.append((name, n_kept, score, ACCENT, "dot"))
    return curves
