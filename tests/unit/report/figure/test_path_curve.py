import numpy as np
import pytest

from spectral_exp.report.figure.path_curve import path_curve_figure
from spectral_exp.tracking.path_curve import PathCurve, PathPoint

CURVE = PathCurve("val/accuracy", [PathPoint(1, 9, 0.6), PathPoint(4, 5, 0.9), PathPoint(16, 1, 0.95)])


def test_the_curve_is_the_score_with_a_line_for_all_and_a_mark_for_the_selected() -> None:
    figure = path_curve_figure(CURVE, 16, 4, "people")
    curve, level, mark = figure.axes[0].lines
    np.testing.assert_array_equal(curve.get_xdata(), [1, 4, 16])
    np.testing.assert_array_equal(curve.get_ydata(), [0.6, 0.9, 0.95])
    np.testing.assert_array_equal(level.get_ydata(), [0.95, 0.95])
    assert np.asarray(mark.get_xydata(), float).tolist() == [[4, pytest.approx(0.9)]]
    assert figure.axes[0].get_xscale() == "log"
    assert figure.get_suptitle() == "people: validation accuracy 0.9 with 4 inputs, 0.95 with all 16"


def test_a_score_between_two_points_is_said_to_be_about_that() -> None:
    title = path_curve_figure(CURVE, 16, 2, "people").get_suptitle()
    # 2 lies half way from 1 to 4 on the logarithmic axis.
    assert title == "people: validation accuracy about 0.75 with 2 inputs, 0.95 with all 16"


@pytest.mark.parametrize("n_selected", [0, 16, 20])
def test_a_number_outside_the_curve_or_all_is_not_marked(n_selected: int) -> None:
    figure = path_curve_figure(CURVE, 16, n_selected, "people")
    assert len(figure.axes[0].lines) == 2
    assert figure.get_suptitle() == "people: validation accuracy 0.95 with all 16"


def test_where_inputs_left_within_the_first_epoch_its_number_is_not_called_all() -> None:
    figure = path_curve_figure(CURVE, 20, 1, "people")
    assert figure.get_suptitle() == "people: validation accuracy 0.6 with 1 input, 0.95 with 16"


def test_an_error_is_named_in_words() -> None:
    curve = PathCurve("val/mae", [PathPoint(1, 9, 3.0), PathPoint(4, 5, 0.3)])
    figure = path_curve_figure(curve, 4, 1, "stars")
    figure.draw_without_rendering()
    assert figure.axes[0].get_ylabel() == "validation mean absolute error"
