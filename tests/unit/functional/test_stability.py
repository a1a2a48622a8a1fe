from itertools import combinations

import numpy as np
import pytest

from spectral_exp.functional.stability import nogueira_stability


def random_masks(seed: int, n_selections: int, n_features: int) -> np.ndarray:
    """Selections that share a preference for the first inputs, of different sizes."""
    chances = np.linspace(0.9, 0.1, n_features)
    return np.random.default_rng(seed).random((n_selections, n_features)) < chances


def by_the_paper(masks: np.ndarray) -> tuple[float, float]:
    """Definition 4 and theorem 7, input by input and selection by selection."""
    n_selections, n_features = masks.shape
    kept = [[1.0 if cell else 0.0 for cell in row] for row in masks]
    p = [sum(row[f] for row in kept) / n_selections for f in range(n_features)]
    k = [sum(row) for row in kept]
    k_mean = sum(k) / n_selections
    expected = (k_mean / n_features) * (1 - k_mean / n_features)
    variances = [n_selections / (n_selections - 1) * p_f * (1 - p_f) for p_f in p]
    phi = 1 - sum(variances) / n_features / expected
    parts = []
    for i in range(n_selections):
        both = sum(kept[i][f] * p[f] for f in range(n_features)) / n_features
        parts.append(
            (
                both
                - k[i] * k_mean / n_features**2
                + phi / 2 * (2 * k_mean * k[i] / n_features**2 - k[i] / n_features - k_mean / n_features + 1)
            )
            / expected
        )
    mean = sum(parts) / n_selections
    return phi, 4 / n_selections**2 * sum((part - mean) ** 2 for part in parts)


@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_formula_of_the_paper(seed: int) -> None:
    masks = random_masks(seed, 6 + seed, 20)
    value, variance = by_the_paper(masks)
    found = nogueira_stability(masks, confidence=0.9)
    assert found.value == pytest.approx(value)
    reach = 1.6448536 * variance**0.5  # the 95 % quantile of the normal distribution
    assert found.low == pytest.approx(value - reach)
    assert found.high == pytest.approx(value + reach)


def test_selections_of_one_size_have_the_mean_of_kunchevas_index_over_pairs() -> None:
    rng = np.random.default_rng(0)
    n_features, n_kept = 12, 5
    masks = np.zeros((7, n_features), bool)
    for row in masks:
        row[rng.choice(n_features, n_kept, replace=False, p=np.linspace(2, 0.1, n_features) / 12.6)] = True
    chance = n_kept**2 / n_features
    pairs = [((one & other).sum() - chance) / (n_kept - chance) for one, other in combinations(masks, 2)]
    assert nogueira_stability(masks).value == pytest.approx(np.mean(pairs))


def test_the_width_of_the_interval_agrees_with_the_jackknife() -> None:
    masks = random_masks(0, 200, 30)
    found = nogueira_stability(masks)
    left_out = [nogueira_stability(np.delete(masks, i, axis=0)).value for i in range(len(masks))]
    deviation = np.sqrt((len(masks) - 1) * np.var(left_out))
    assert (found.high - found.low) / 2 / 1.959964 == pytest.approx(deviation, rel=0.05)


def test_equal_selections_are_at_one_and_random_ones_near_zero() -> None:
    same = np.tile(random_masks(0, 1, 20), (5, 1))
    assert nogueira_stability(same) == (1.0, 1.0, 1.0)
    random = np.random.default_rng(0).random((200, 50)) < 0.3
    assert abs(nogueira_stability(random).value) < 0.01


def test_two_opposite_selections_are_at_the_lower_end() -> None:
    masks = np.array([[True, True, False, False], [False, False, True, True]])
    found = nogueira_stability(masks)
    assert found.value == pytest.approx(-1.0)
    assert found.low >= -1


def test_the_order_of_inputs_and_selections_does_not_matter() -> None:
    masks = random_masks(3, 8, 15)
    rng = np.random.default_rng(1)
    shuffled = masks[rng.permutation(8)][:, rng.permutation(15)]
    assert nogueira_stability(shuffled) == pytest.approx(nogueira_stability(masks))


@pytest.mark.parametrize("masks", [np.ones((1, 4), bool), np.ones((3, 4), bool), np.zeros((3, 4), bool)])
def test_it_is_not_a_number_where_it_is_not_defined(masks: np.ndarray) -> None:
    assert np.isnan(nogueira_stability(masks)).all()


def test_what_is_no_mask_is_refused() -> None:
    with pytest.raises(ValueError, match="must be bool, shape"):
        nogueira_stability(np.array([[1, 0], [0, 1]]))
    with pytest.raises(ValueError, match=r"confidence must be in \(0, 1\), got 95"):
        nogueira_stability(np.array([[True, False], [False, True]]), confidence=95)
