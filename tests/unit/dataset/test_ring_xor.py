import numpy as np
import pytest
import torch

from spectral_exp.dataset.ring_xor import N_RELEVANT, RingXor, is_class_one


def all_rows(data):
    inputs = torch.cat([data.train.inputs, data.val.inputs, data.test.inputs]).numpy()
    return inputs, torch.cat([data.train.targets, data.val.targets, data.test.targets]).numpy()


def by_hand(family, row, noise):
    """The four rules for one row, in plain Python."""
    u = [(value + 1) / 2 for value in row]
    to_ring = abs(((u[0] - 0.5) ** 2 + (u[1] - 0.5) ** 2) ** 0.5 - 0.35)
    if family == "ring":
        return to_ring <= 0.1151
    if family == "xor":
        return (u[0] - 0.5) * (0.5 - u[1]) >= 0
    product = (u[2] - 0.5) * (0.5 - u[3])
    if family == "ring_xor":
        return to_ring <= 0.0704 or product >= 0.0337
    return to_ring <= 0.0479 or product >= 0.0598 or u[4] + u[5] + noise >= 1.4074


@pytest.mark.parametrize("family", N_RELEVANT)
def test_the_class_follows_the_rule_of_the_family(family):
    random = np.random.default_rng(3)
    unit, noise = random.random((2000, 8)), random.normal(0, 0.2, 2000)
    expected = [by_hand(family, row, extra) for row, extra in zip(2 * unit - 1, noise, strict=True)]
    assert is_class_one(family, unit, noise).tolist() == expected


@pytest.mark.parametrize("family", ["ring", "xor", "ring_xor"])
def test_the_stored_rows_carry_their_own_class(family):
    inputs, classes = all_rows(RingXor(family=family, n_rows=500, n_features=6, seed=1).load())
    agree = [by_hand(family, row, 0) == code for row, code in zip(inputs.astype(float), classes, strict=True)]
    assert np.mean(agree) > 0.99  # single precision moves a row or so across a border


@pytest.mark.parametrize("family", N_RELEVANT)
def test_classes_are_of_about_equal_size_and_inputs_uniform(family):
    data = RingXor(family=family, n_rows=20000, n_features=7).load()
    inputs, classes = all_rows(data)
    assert abs(classes.mean() - 0.5) < 0.03
    assert inputs.min() >= -1 and inputs.max() <= 1
    np.testing.assert_allclose(inputs.std(0), 1 / np.sqrt(3), rtol=0.03)
    k = N_RELEVANT[family]
    assert data.info.true_strength.tolist() == [1.0] * k + [0.0] * (7 - k)


def test_the_sum_of_the_last_family_tells_through_its_noise():
    unit = np.full((2, 6), 0.5)
    assert is_class_one("ring_xor_sum", unit, np.array([0.5, 0.3])).tolist() == [True, False]


def test_the_seed_fixes_everything():
    first, again, other = (RingXor(n_rows=50, seed=seed).load() for seed in (0, 0, 1))
    assert torch.equal(first.train.inputs, again.train.inputs)
    assert not torch.equal(first.train.inputs, other.train.inputs)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"family": "star"}, "family must be one of ring, xor, ring_xor, ring_xor_sum, got 'star'"),
        ({"family": "ring_xor_sum", "n_features": 5}, "n_features must be at least 6"),
        ({"n_rows": 1}, "n_rows"),
        ({"val_fraction": 1.5}, "val_fraction"),
        ({"scaling": "x"}, "scaling"),
    ],
)
def test_values_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        RingXor(**options)
