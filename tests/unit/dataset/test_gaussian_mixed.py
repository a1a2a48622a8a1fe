import numpy as np
import pytest
import torch

from spectral_exp.dataset.gaussian_mixed import GaussianMixed


def rows_by_class(data):
    inputs = torch.cat([data.train.inputs, data.val.inputs, data.test.inputs]).numpy()
    classes = torch.cat([data.train.targets, data.val.targets, data.test.targets]).numpy()
    return inputs[classes == 0], inputs[classes == 1]


@pytest.fixture(scope="module")
def data():
    return GaussianMixed(n_rows=40000, n_features=20).load()


def test_only_independent_inputs_and_their_copies_have_different_means(data):
    zero, one = rows_by_class(data)
    assert len(zero) == len(one) == 20000
    difference = np.zeros(20)
    difference[:6], difference[10:14] = 0.7, 0.7 * 0.7
    np.testing.assert_allclose(one.mean(0) - zero.mean(0), difference, atol=5 * np.sqrt(2 / 20000))


def test_within_a_class_only_pairs_and_copies_correlate(data):
    for sign, rows in zip((1, -1), rows_by_class(data), strict=True):
        expected = np.eye(20)
        for first, second, correlation in [
            (6, 7, sign * 0.9),
            (8, 9, sign * 0.9),
            *((j, 10 + j, 0.7) for j in range(4)),
        ]:
            expected[first, second] = expected[second, first] = correlation
        np.testing.assert_allclose(np.corrcoef(rows.T), expected, atol=5 / np.sqrt(20000))
        np.testing.assert_allclose(rows.std(0), 1, rtol=0.03)


def test_given_its_original_a_copy_says_nothing_of_the_class(data):
    zero, one = rows_by_class(data)
    rest = [rows[:, 10:14] - 0.7 * rows[:, :4] for rows in (zero, one)]
    np.testing.assert_allclose(rest[0].mean(0), rest[1].mean(0), atol=5 * np.sqrt(2 / 20000))


def test_copies_and_noise_count_as_irrelevant(data):
    assert data.info.true_strength.tolist() == [1.0] * 10 + [0.0] * 10


def test_every_kind_can_be_left_out_and_the_seed_fixes_the_rows():
    only_pairs = GaussianMixed(n_rows=20, n_features=4, n_independent=0, n_copied=0).load()
    assert only_pairs.info.true_strength.tolist() == [1.0] * 4
    assert GaussianMixed(n_rows=20, n_paired=0).load().info.true_strength.sum() == 6
    first, again, other = (GaussianMixed(n_rows=20, seed=seed).load() for seed in (0, 0, 1))
    assert torch.equal(first.train.inputs, again.train.inputs)
    assert not torch.equal(first.train.inputs, other.train.inputs)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_rows": 1}, "n_rows"),
        ({"n_paired": -1}, "must be >= 0"),
        ({"n_copied": 7}, "n_copied must be at most n_independent=6, got 7"),
        ({"n_features": 13}, r"n_independent \+ 2 \* n_paired \+ n_copied = 14, got 13"),
        ({"pair_correlation": 1.1}, "pair_correlation"),
        ({"copy_correlation": 0.0}, "copy_correlation"),
        ({"shift": 0.0}, "shift"),
        ({"val_fraction": 1.5}, "val_fraction"),
        ({"scaling": "x"}, "scaling"),
    ],
)
def test_values_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        GaussianMixed(**options)
