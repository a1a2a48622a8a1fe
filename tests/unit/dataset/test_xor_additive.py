import numpy as np
import pytest
import torch
from scipy.stats import norm

from spectral_exp.dataset.xor_additive import XorAdditive


def all_rows(data):
    inputs = torch.cat([data.train.inputs, data.val.inputs, data.test.inputs]).numpy()
    return inputs, torch.cat([data.train.targets, data.val.targets, data.test.targets]).numpy()


def test_without_noise_the_class_is_the_sign_of_the_score():
    inputs, classes = all_rows(XorAdditive(n_rows=500, n_features=5, weights=[1.0, -2.0], noise=0.0).load())
    for (first, second, a, b, _), code in zip(inputs.tolist(), classes, strict=True):
        assert code == (first - 2 * second + (1.5 if a * b > 0 else -1.5) > 0)


def test_noise_enters_the_score_as_a_gaussian():
    data = XorAdditive(n_rows=40000, n_features=3, weights=[1.0], noise=2.0).load()
    inputs, classes = all_rows(data)
    probability = norm.cdf((inputs[:, 0] + 1.5 * np.sign(inputs[:, 1] * inputs[:, 2])) / 2)
    for low in np.arange(0.1, 0.9, 0.2):
        rows = (probability >= low) & (probability < low + 0.2)
        assert abs(classes[rows].mean() - probability[rows].mean()) < 5 * 0.5 / np.sqrt(rows.sum())


def test_the_members_of_the_pair_tell_nothing_alone_and_much_together():
    inputs, classes = all_rows(XorAdditive(n_rows=20000, n_features=8).load())
    correlation = np.corrcoef(np.c_[inputs, inputs[:, 4] * inputs[:, 5]].T, classes)[-1, :-1]
    assert np.abs(correlation[4:8]).max() < 5 / np.sqrt(20000)
    assert correlation[8] > 0.3
    assert (np.sign(correlation[:4]) == [1, 1, -1, 1]).all()


def test_the_sum_and_the_pair_are_relevant_and_the_seed_fixes_the_rows():
    first, again, other = (XorAdditive(n_rows=50, n_features=8, seed=seed).load() for seed in (0, 0, 1))
    assert first.info.true_strength.tolist() == [1.0] * 6 + [0.0] * 2
    assert torch.equal(first.train.inputs, again.train.inputs)
    assert not torch.equal(first.train.inputs, other.train.inputs)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_rows": 1}, "n_rows"),
        ({"weights": [1.0, 0.0]}, "weights must not be 0"),
        ({"n_features": 5}, "n_features must be at least 6"),
        ({"xor_weight": 0.0}, "xor_weight"),
        ({"noise": -1.0}, "noise"),
        ({"val_fraction": 1.5}, "val_fraction"),
        ({"scaling": "x"}, "scaling"),
    ],
)
def test_values_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        XorAdditive(**options)
