import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from spectral_exp.report.figure.relevance import relevance_figure
from spectral_exp.report.figure.style import DROPPED, KEPT
from spectral_exp.report.ranking import N_BARS, N_EMPTY, RankedFeature


def _long(n_features: int, n_kept: int, n_relevant: int) -> list[RankedFeature]:
    relevance = np.r_[np.linspace(1, 0.1, n_relevant), np.zeros(n_features - n_relevant)]
    return [RankedFeature(j + 1, j, f"x{j}", float(relevance[j]), 0.0, j < n_kept, -1) for j in range(n_features)]


def test_bars_are_relevances_by_name_kept_ones_in_colour(ranking: list[RankedFeature]) -> None:
    figure = relevance_figure(ranking, "people")
    (axes,) = figure.axes
    bars = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert [bar.get_width() for bar in bars] == [2.0, 1.5, 0.1, 0.0]
    assert [to_hex(bar.get_facecolor()) for bar in bars] == [KEPT, KEPT, DROPPED, DROPPED]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["_private", "age", "[red]height", r"income in \$"]
    assert figure.get_suptitle() == "people: 2 of 4 inputs kept"


def test_inputs_of_a_group_share_a_bar_and_each_counts(ranking: list[RankedFeature]) -> None:
    figure = relevance_figure(ranking, "people", ["body", "income in $", "_private", "body"])
    labels = [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
    assert labels == ["_private", "body (2 inputs)", r"income in \$"]
    assert figure.get_suptitle() == "people: 2 of 4 inputs kept"


def test_the_cut_lies_between_the_last_kept_and_the_first_dropped(ranking: list[RankedFeature]) -> None:
    (axes,) = relevance_figure(ranking, "people").axes
    (cut,) = axes.lines
    np.testing.assert_array_equal(cut.get_ydata(), [1.5, 1.5])


def test_nothing_is_cut_where_all_are_kept(ranking: list[RankedFeature]) -> None:
    figure = relevance_figure([one._replace(selected=True) for one in ranking], "people")
    assert not figure.axes[0].lines
    assert not figure.legends


def test_beside_the_top_of_many_inputs_stand_all_of_them() -> None:
    figure = relevance_figure(_long(5000, 100, 2000), "genes")
    bars, curve = figure.axes
    assert len(bars.patches) == N_BARS
    assert curve.get_xlim() == (1, 5000)
    assert curve.lines[0].get_xdata()[0] == 100
    assert figure.get_suptitle() == "genes: 100 of 5,000 inputs kept"


def test_of_many_inputs_without_relevance_only_the_first_get_a_bar() -> None:
    bars, _ = relevance_figure(_long(5000, 7, 7), "genes").axes
    assert len(bars.patches) == 7 + N_EMPTY


@pytest.mark.parametrize(("n_features", "n_kept"), [(1, 1), (1, 0), (50, 0), (50, 50)])
def test_extremes_can_be_drawn(n_features: int, n_kept: int) -> None:
    relevance_figure(_long(n_features, n_kept, n_kept), "x").draw_without_rendering()


@pytest.mark.parametrize("n_features", [4, 50])
def test_where_nothing_is_relevant_the_figure_says_so(n_features: int) -> None:
    figure = relevance_figure(_long(n_features, 0, 0), "noise")
    assert [text.get_text() for text in figure.axes[0].texts] == ["every relevance is 0"]
    assert figure.axes[0].get_xlim()[1] == pytest.approx(1.04)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["dropped"]


def test_where_nothing_is_kept_no_cut_is_promised(ranking: list[RankedFeature]) -> None:
    figure = relevance_figure([one._replace(selected=False) for one in ranking], "people")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["dropped"]
    assert not figure.axes[0].texts
