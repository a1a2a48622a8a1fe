import numpy as np
import pytest

from spectral_exp.report.figure.style import label, number, spread


@pytest.mark.parametrize("seed", range(20))
def test_spread_labels_keep_their_distance_order_and_bounds(seed: int) -> None:
    targets = np.random.default_rng(seed).beta(0.3, 0.3, size=10)
    places = np.array(spread(targets.tolist(), gap=0.05, low=0.0, high=1.0))
    order = np.argsort(targets, kind="stable")
    assert (np.diff(places[order]) >= 0.05 - 1e-5).all()
    assert places.min() >= -1e-9
    assert places.max() <= 1 + 1e-5


def test_labels_with_room_stay_where_they_belong() -> None:
    assert spread([0.9, 0.1, 0.5], gap=0.1, low=0.0, high=1.0) == [0.9, 0.1, 0.5]
    assert spread([], gap=0.1, low=0.0, high=1.0) == []


def test_labels_are_moved_as_little_as_the_others_allow() -> None:
    # The least squares answer for three equal targets is centred on them.
    assert spread([0.5, 0.5, 0.5], gap=0.1, low=0.0, high=1.0) == pytest.approx([0.4, 0.5, 0.6])


def test_a_dollar_sign_starts_no_formula() -> None:
    assert label("cost in $ and $") == r"cost in \$ and \$"


@pytest.mark.parametrize(("value", "text"), [(12000, "12,000"), (0.25, "0.25"), (0.00003, "3e-05"), (0, "0")])
def test_numbers_read_well(value: float, text: str) -> None:
    assert number(value) == text
