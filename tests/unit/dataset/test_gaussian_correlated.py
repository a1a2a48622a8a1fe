import numpy as np
import pytest
import torch

from spectral_exp.dataset.gaussian_correlated import GaussianCorrelated

R = np.array([0.7, 0.8, 0.4, 0.6])


def rows_by_class(data):
    inputs = torch.cat([data.train.inputs, data.val.inputs, data.test.inputs]).numpy()
    classes = torch.cat([data.train.targets, data.val.targets, data.test.targets]).numpy()
    return inputs[classes == 0], inputs[classes == 1]


def test_pairs_are_equal_in_class_0_and_opposite_with_probability_r_in_class_1():
    data = GaussianCorrelated().load()
    zero, one = rows_by_class(data)
    assert len(zero) == len(one) == 50000
    first, second = slice(0, 8, 2), slice(1, 8, 2)
    assert np.array_equal(zero[:, first], zero[:, second])
    assert np.array_equal(np.abs(one[:, first]), np.abs(one[:, second]))
    np.testing.assert_allclose((one[:, first] == -one[:, second]).mean(0), R, atol=5 * 0.5 / np.sqrt(50000))
    assert data.info.true_strength.tolist() == [0.7, 0.7, 0.8, 0.8, 0.4, 0.4, 0.6, 0.6, 0.0, 0.0]


def test_every_single_input_has_the_same_distribution_in_both_classes():
    zero, one = rows_by_class(GaussianCorrelated(sigma=0.5).load())
    levels = np.linspace(0.01, 0.99, 50)
    np.testing.assert_allclose(np.quantile(zero, levels, axis=0), np.quantile(one, levels, axis=0), atol=0.06)
    np.testing.assert_allclose(np.quantile(one[:, 0], levels), np.quantile(one[:, 9], levels), atol=0.06)
    np.testing.assert_allclose(zero.std(0), 0.5, rtol=0.02)


def test_different_pairs_and_noise_are_independent():
    _, one = rows_by_class(GaussianCorrelated().load())
    correlation = np.abs(np.corrcoef(one.T))
    np.testing.assert_allclose(correlation[np.arange(0, 8, 2), np.arange(1, 8, 2)], np.abs(1 - 2 * R), atol=0.03)
    pair = np.array([0, 0, 1, 1, 2, 2, 3, 3, 4, 5])
    assert correlation[pair[:, None] != pair].max() < 5 / np.sqrt(50000)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_features": 7}, "n_features must be at least 8"),
        ({"flip_probabilities": [1.2]}, "flip_probabilities must be between 0 and 1"),
        ({"sigma": -1.0}, "sigma"),
        ({"n_rows": 0}, "n_rows"),
    ],
)
def test_values_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        GaussianCorrelated(**options)
