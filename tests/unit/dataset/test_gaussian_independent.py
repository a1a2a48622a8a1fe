import numpy as np
import pytest
import torch

from spectral_exp.dataset.gaussian_independent import GaussianIndependent


def all_rows(data):
    inputs = torch.cat([data.train.inputs, data.val.inputs, data.test.inputs]).numpy()
    return inputs, torch.cat([data.train.targets, data.val.targets, data.test.targets]).numpy()


def test_means_and_deviations_are_those_of_the_paper():
    data = GaussianIndependent(seed=1).load()
    inputs, classes = all_rows(data)
    strength = data.info.true_strength
    assert inputs.shape == (60000, 20)
    assert np.bincount(classes).tolist() == [30000, 30000]
    assert ((strength[:11] > 0) & (strength[:11] < 1.4)).all()
    assert (strength[11:] == 0).all()
    relevant = np.arange(20) < 11
    tolerance = 5 * 0.5 / np.sqrt(30000)  # five standard errors
    np.testing.assert_allclose(inputs[classes == 0].mean(0), np.where(relevant, -0.5, 0), atol=tolerance)
    np.testing.assert_allclose(inputs[classes == 1].mean(0), np.where(relevant, strength - 0.5, 0), atol=tolerance)
    for code in (0, 1):
        np.testing.assert_allclose(inputs[classes == code].std(0), 0.5, rtol=0.03)


def test_inputs_are_independent_within_a_class():
    inputs, classes = all_rows(GaussianIndependent(n_rows=20000).load())
    correlation = np.corrcoef(inputs[classes == 1].T) - np.eye(20)
    assert np.abs(correlation).max() < 5 / np.sqrt(10000)


def test_the_seed_fixes_everything_and_given_strengths_are_used():
    first, again, other = (GaussianIndependent(n_rows=100, seed=seed).load() for seed in (0, 0, 1))
    assert torch.equal(first.train.inputs, again.train.inputs)
    assert not torch.equal(first.train.inputs, other.train.inputs)
    given = GaussianIndependent(n_rows=100, n_features=3, n_relevant=2, strengths=[0.5, 1.0]).load()
    assert given.info.true_strength.tolist() == [0.5, 1.0, 0.0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_rows": 1}, "n_rows"),
        ({"n_relevant": 21}, "n_relevant must be between 0 and n_features=20, got 21"),
        ({"strengths": [1.0]}, "strengths must have one value per relevant input"),
        ({"sigma": 0.0}, "sigma"),
        ({"val_fraction": 1.5}, "val_fraction"),
        ({"scaling": "x"}, "scaling"),
    ],
)
def test_values_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        GaussianIndependent(**options)
