import numpy as np
import pytest

from spectral_exp.report.figure.masking_curve import masking_curve_figure
from spectral_exp.report.run_files import MaskingCurve

CURVE = MaskingCurve("accuracy", np.array([0, 1, 2, 4.0]), np.array([0.5, 0.6, 0.95, 0.97]))


def test_the_curve_is_the_score_with_a_line_for_all_and_a_mark_for_the_selected() -> None:
    figure = masking_curve_figure(CURVE, 2, "people")
    curve, level, mark = figure.axes[0].lines
    np.testing.assert_array_equal(curve.get_xdata(), [1, 2, 4])
    np.testing.assert_array_equal(curve.get_ydata(), [0.6, 0.95, 0.97])
    np.testing.assert_array_equal(level.get_ydata(), [0.97, 0.97])
    assert (list(mark.get_xdata()), list(mark.get_ydata())) == ([2], [pytest.approx(0.95)])
    assert figure.axes[0].get_xscale() == "log"
    assert figure.get_suptitle() == "people: test accuracy 0.95 with 2 inputs, 0.97 with all 4"


@pytest.mark.parametrize("n_selected", [0, 4])
def test_none_or_all_selected_is_not_marked(n_selected: int) -> None:
    figure = masking_curve_figure(CURVE, n_selected, "people")
    assert len(figure.axes[0].lines) == 2
    assert figure.get_suptitle() == "people: test accuracy 0.97 with all 4"


def test_an_error_is_named_in_words() -> None:
    curve = MaskingCurve("mae", np.array([1.0]), np.array([0.3]))
    figure = masking_curve_figure(curve, 1, "stars")
    figure.draw_without_rendering()
    assert figure.axes[0].get_ylabel() == "test mean absolute error"
