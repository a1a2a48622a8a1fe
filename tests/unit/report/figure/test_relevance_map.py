import numpy as np

from spectral_exp.report.figure.relevance_map import relevance_map_figure
from spectral_exp.report.ranking import RankedFeature


def test_every_pixel_shows_its_own_relevance_and_mask(ranking: list[RankedFeature]) -> None:
    figure = relevance_map_figure(ranking, (2, 2), "people")
    relevance, mask = (axes.images[0].get_array() for axes in figure.axes)
    np.testing.assert_array_equal(relevance, [[1.5, 0.0], [2.0, 0.1]])
    np.testing.assert_array_equal(mask, [[True, False], [True, False]])
    assert figure.get_suptitle() == "people: 2 of 4 inputs kept"


def test_an_image_need_not_be_square() -> None:
    ranking = [RankedFeature(j + 1, j, f"x{j}", 0.0, 0.0, False, -1) for j in range(3 * 200)]
    relevance_map_figure(ranking, (3, 200), "strip").draw_without_rendering()
    relevance_map_figure(ranking, (200, 3), "strip").draw_without_rendering()
