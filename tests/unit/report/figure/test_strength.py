import numpy as np
from matplotlib.figure import Figure

from spectral_exp.report.figure.strength import strength_figure
from spectral_exp.report.ranking import RankedFeature


def _points(figure: Figure) -> dict[str, list[list[float]]]:
    return {one.get_label(): one.get_offsets().tolist() for one in figure.axes[0].collections}


def test_points_are_strength_and_relevance_with_the_irrelevant_apart(ranking: list[RankedFeature]) -> None:
    points = _points(strength_figure(ranking, np.array([-0.5, 0.0, 1.0, 0.2]), "people"))
    assert points == {"relevant (3)": [[0.5, 1.5], [1.0, 2.0], [0.2, 0.1]], "irrelevant (1)": [[0.0, 0.0]]}


def test_the_title_tells_the_correlation_over_the_relevant_inputs(ranking: list[RankedFeature]) -> None:
    assert "Spearman 1.000 over 3" in strength_figure(ranking, np.array([0.5, 0, 1, 0.2]), "x").get_suptitle()
    # Ranks 1 3 2 against 2 3 1: 1 - 6 (1 + 0 + 1) / (3 (9 - 1)).
    assert "Spearman 0.500 over 3" in strength_figure(ranking, np.array([0.1, 0, 1, 0.2]), "x").get_suptitle()


def test_equal_strengths_have_no_correlation(ranking: list[RankedFeature]) -> None:
    assert "Spearman" not in strength_figure(ranking, np.array([1.0, 0, 1, 1]), "x").get_suptitle()
    assert "Spearman" not in strength_figure(ranking, np.zeros(4), "x").get_suptitle()
