"""The score at every number of inputs, from one run that lets them leave while it trains."""

import numpy as np
from matplotlib.figure import Figure

from spectral_exp.report.figure.inputs_curve import inputs_curve_figure
from spectral_exp.report.figure.selection_curve import mark_choice
from spectral_exp.report.names import VALIDATION_SCORES
from spectral_exp.report.run_files import SelectionCurve
from spectral_exp.tracking.path_curve import PathCurve


def path_curve_figure(
    curve: PathCurve, n_features: int, n_selected: int, title: str, chosen_by: SelectionCurve | None = None
) -> Figure:
    """Draw the validation score against the number of inputs left in the net.

    Args:
        curve: the scores.
        n_features: how many inputs there are in all.
        n_selected: how many inputs the run keeps; marked where it lies within the curve.
        title: what was ranked.
        chosen_by: the scores that the number of inputs was chosen by, if it was.

    Returns:
        The figure.
    """
    figure = inputs_curve_figure(
        np.array([point.n_kept for point in curve.points]),
        np.array([point.score for point in curve.points]),
        n_features=n_features,
        n_selected=n_selected,
        title=title,
        metric=VALIDATION_SCORES[curve.metric],
        x_label="inputs left in the net (training runs from right to left; last epoch with so many)",
    )
    if chosen_by is not None:
        mark_choice(figure, chosen_by)
    return figure
