"""How few inputs suffice: the score against the number of inputs kept, without retraining."""

from matplotlib.figure import Figure

from spectral_exp.report.figure.inputs_curve import inputs_curve_figure
from spectral_exp.report.names import SCORES
from spectral_exp.report.run_files import MaskingCurve


def masking_curve_figure(curve: MaskingCurve, n_selected: int, title: str) -> Figure:
    """Draw the score against the number of inputs that keep their values.

    Args:
        curve: the scores; the last one is that of all inputs.
        n_selected: how many inputs the run keeps; marked where it lies within the curve.
        title: what was ranked.

    Returns:
        The figure.
    """
    return inputs_curve_figure(
        curve.n_kept[curve.n_kept > 0],
        curve.score[curve.n_kept > 0],
        n_features=int(curve.n_kept[-1]),
        n_selected=n_selected,
        title=title,
        metric=f"test {SCORES.get(curve.metric, curve.metric)}",
        x_label="inputs kept (most relevant first, the others set to 0, no retraining)",
    )
