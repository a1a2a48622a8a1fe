"""The validation score that the number of inputs was chosen by, and how far from the best it may lie."""

from matplotlib.figure import Figure

from spectral_exp.report.figure.inputs_curve import inputs_curve_figure
from spectral_exp.report.figure.style import ACCENT, house_style
from spectral_exp.report.run_files import SelectionCurve


def selection_curve_figure(curve: SelectionCurve, n_features: int, n_selected: int, title: str, metric: str) -> Figure:
    """Draw the score that the number of inputs was chosen by, for a run without a path.

    Args:
        curve: the scores.
        n_features: how many inputs there are in all.
        n_selected: how many inputs the run keeps.
        title: what was ranked.
        metric: what the score is, in words.

    Returns:
        The figure.
    """
    figure = inputs_curve_figure(
        curve.n_kept,
        curve.score,
        n_features=n_features,
        n_selected=n_selected,
        title=title,
        metric=metric,
        x_label="inputs kept (most relevant first, the others set to 0, no retraining)",
    )
    mark_choice(figure, curve)
    return figure


@house_style
def mark_choice(figure: Figure, curve: SelectionCurve) -> None:
    """Draw the scores that a number of inputs was chosen by into a figure of scores against inputs.

    Args:
        figure: has one pair of axes.
        curve: the scores.
    """
    (axes,) = figure.axes
    left, right = axes.get_xlim()
    axes.plot(
        curve.n_kept, curve.score, color=ACCENT, linewidth=1, zorder=2, label="chosen by: smoothed, or mean of folds"
    )
    label = "one standard error from the best"
    axes.axhline(curve.worst_accepted, color=ACCENT, linewidth=1, linestyle=(0, (1, 2)), label=label)
    axes.legend(loc="lower right" if curve.score[-1] >= curve.score[0] else "upper right", frameon=False)
    axes.set_xlim(left, right)
