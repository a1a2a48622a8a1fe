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


def test_the_mean_image_is_shown_and_its_dropped_pixels_are_white(ranking: list[RankedFeature]) -> None:
    mean = np.linspace(0.2, 0.8, 12).reshape(3, 2, 2)
    figure = relevance_map_figure(ranking, (2, 2), "people", mean)
    whole, relevance, kept = (axes.images[0].get_array() for axes in figure.axes)
    np.testing.assert_allclose(whole, np.moveaxis(mean, 0, -1))
    np.testing.assert_array_equal(relevance, [[1.5, 0.0], [2.0, 0.1]])
    np.testing.assert_allclose(kept[:, 0], whole[:, 0])
    np.testing.assert_array_equal(kept[:, 1], 1.0)


def test_a_mean_image_of_other_channels_is_grey(ranking: list[RankedFeature]) -> None:
    image = relevance_map_figure(ranking, (2, 2), "people", np.arange(8.0).reshape(2, 2, 2)).axes[0].images[0]
    np.testing.assert_allclose(image.get_array()[..., 0], [[0, 1 / 3], [2 / 3, 1]])
