import numpy as np
from matplotlib.collections import LineCollection

from spectral_exp.dataset.axis import Axis
from spectral_exp.report.figure.relevance_axis import N_STEMS, relevance_axis_figure
from spectral_exp.report.ranking import RankedFeature

AXIS = Axis(
    np.array([4.0, 1.0, 2.0, 3.0]),
    "wavelength",
    "nm",
    marks={"line": 2.5, "far": 9.0},
    bands={"index": (1.0, 2.0)},
    means={"a": np.arange(4.0)},
)


def test_relevance_stands_at_the_places_of_the_inputs(ranking: list[RankedFeature]) -> None:
    figure = relevance_axis_figure(ranking, AXIS, "stars")
    means, relevance = figure.axes
    stems = [lines for lines in relevance.collections if isinstance(lines, LineCollection)]
    dropped, kept = ([segment[1].tolist() for segment in lines.get_segments()] for lines in stems)
    assert sorted(kept) == [[2.0, 2.0], [4.0, 1.5]]
    assert sorted(dropped) == [[1.0, 0.0], [3.0, 0.1]]
    assert relevance.get_xlabel() == "wavelength [nm]"
    assert figure.get_suptitle() == "stars: 2 of 4 inputs kept"
    assert [text.get_text() for text in means.texts] == ["line"]  # the other mark is off the axis
    assert [patch.get_x() for patch in relevance.patches] == [1.0]


def test_a_mean_is_cut_where_the_axis_falls(ranking: list[RankedFeature]) -> None:
    means = relevance_axis_figure(ranking, AXIS, "stars").axes[0]
    pieces = [line.get_xdata().tolist() for line in means.lines if len(line.get_xdata()) != 2]
    assert pieces == [[4.0], [1.0, 2.0, 3.0]]


def test_an_axis_without_means_has_one_panel(ranking: list[RankedFeature]) -> None:
    bare = Axis(AXIS.values, "wavelength", "nm")
    assert len(relevance_axis_figure(ranking, bare, "stars").axes) == 1


def test_thousands_of_inputs_are_a_curve() -> None:
    count = N_STEMS + 1
    ranking = [RankedFeature(j + 1, j, f"x{j}", 1.0 / (j + 1), 1.0, j < 3, -1) for j in range(count)]
    axis = Axis(np.arange(float(count)), "wavelength", "nm")
    figure = relevance_axis_figure(ranking, axis, "stars")
    figure.draw_without_rendering()
    assert len(figure.axes[0].collections[-1].get_segments()) == 3
