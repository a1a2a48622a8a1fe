import numpy as np

from spectral_exp.report.figure.path_curve import path_curve_figure
from spectral_exp.report.figure.selection_curve import selection_curve_figure
from spectral_exp.report.run_files import SelectionCurve
from spectral_exp.tracking.path_curve import PathCurve, PathPoint

CHOSEN_BY = SelectionCurve(np.array([1, 4, 16]), np.array([0.6, 0.9, 0.93]), worst_accepted=0.89)
PATH = PathCurve("val/accuracy", [PathPoint(1, 9, 0.6), PathPoint(4, 5, 0.91), PathPoint(16, 1, 0.93)])


def test_the_path_shows_what_the_number_of_inputs_was_chosen_by_and_how_low_it_may_lie() -> None:
    axes = path_curve_figure(PATH, 16, 4, "people", CHOSEN_BY).axes[0]
    *_, smoothed, level = axes.lines
    np.testing.assert_array_equal(smoothed.get_ydata(), CHOSEN_BY.score)
    np.testing.assert_array_equal(level.get_ydata(), [0.89, 0.89])
    assert axes.get_xlim() == (1, 16)
    assert [text.get_text() for text in axes.get_legend().get_texts()][1] == "one standard error from the best"


def test_without_a_path_the_curve_itself_is_drawn_and_the_choice_marked() -> None:
    figure = selection_curve_figure(CHOSEN_BY, 16, 4, "people", "validation accuracy")
    curve, _, mark, *_ = figure.axes[0].lines
    np.testing.assert_array_equal(curve.get_ydata(), CHOSEN_BY.score)
    assert np.asarray(mark.get_xydata(), float).tolist() == [[4, 0.9]]
    assert figure.get_suptitle() == "people: validation accuracy 0.9 with 4 inputs, 0.93 with all 16"
