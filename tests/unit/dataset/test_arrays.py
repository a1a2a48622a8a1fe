import numpy as np
import pytest
import torch

from spectral_exp.dataset.arrays import Arrays, make_data, split_and_scale
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.dataset.splitting import Split
from spectral_exp.errors import UserError


def info(task="classification", n_features=3):
    names = tuple(f"c{index}" for index in range(n_features))
    return DatasetInfo("table", task, names, (n_features,), class_names=("a", "b") if task == "classification" else ())


def test_standard_scaling_is_fitted_on_the_training_rows_and_leaves_constants_at_zero():
    random = np.random.default_rng(0)
    inputs = random.normal([5.0, 0.0, 0.1], [2.0, 0.01, 0.0], (200, 3))
    data = split_and_scale(info(), Arrays(inputs, np.arange(200) % 2), Split(0.2, 0.2, seed=0), "standard")
    rows = Split(0.2, 0.2, seed=0).rows("t", 200, np.arange(200) % 2, ("a", "b"))
    train = inputs[rows.train]
    expected = (inputs[rows.test] - train.mean(0))[:, :2] / train.std(0)[:2]
    assert data.train.inputs.dtype == torch.float32
    torch.testing.assert_close(data.input_scale[:2], torch.ones(2))
    torch.testing.assert_close(data.test.inputs[:, :2], torch.tensor(expected, dtype=torch.float32))
    assert torch.equal(data.train.inputs[:, 2].round(decimals=6), torch.zeros(120))


def test_minmax_scaling_brings_training_rows_to_the_unit_interval():
    inputs = np.random.default_rng(0).normal(size=(100, 3))
    data = split_and_scale(info(), Arrays(inputs, np.arange(100) % 2), Split(0.2, 0.2, seed=0), "minmax")
    torch.testing.assert_close(data.train.inputs.amin(0), torch.zeros(3))
    torch.testing.assert_close(data.train.inputs.amax(0), torch.ones(3))


def test_inputs_beyond_single_precision_are_refused_by_name():
    arrays = Arrays(np.array([[0.0, 1e200, 0.0], [0.0, 1.0, 0.0]]), np.array([0, 1]))
    with pytest.raises(UserError, match="'c1' is too large"):
        make_data(info(), arrays, arrays, arrays, "none")


@pytest.mark.parametrize("scaling", ["standard", "minmax", "none"])
def test_the_scaling_is_told_well_enough_to_repeat_it(scaling):
    random = np.random.default_rng(0)
    inputs = random.normal([5.0, 1e6, 0.1], [2.0, 0.01, 0.0], (200, 3))
    data = split_and_scale(info(), Arrays(inputs, np.arange(200) % 2), Split(0.2, 0.2, seed=0), scaling)
    rows = Split(0.2, 0.2, seed=0).rows("t", 200, np.arange(200) % 2, ("a", "b"))
    shift, divisor = data.info.input_shift, data.info.input_divisor
    assert (shift is None and divisor is None) == (scaling == "none")
    repeated = inputs[rows.test] if shift is None else (inputs[rows.test] - shift) / divisor
    torch.testing.assert_close(data.test.inputs, torch.tensor(repeated, dtype=torch.float32), rtol=1e-6, atol=1e-6)


def test_regression_targets_are_standardised_by_the_training_rows_and_can_be_restored():
    inputs, targets = np.zeros((6, 3)), np.array([1.0, 2.0, 3.0, 4.0, 10.0, 20.0])
    parts = [Arrays(inputs[rows], targets[rows]) for rows in (slice(0, 4), slice(4, 5), slice(5, 6))]
    data = make_data(info("regression"), *parts, scaling="none")
    assert data.info.target_mean == 2.5
    assert data.info.target_scale == pytest.approx(np.std([1, 2, 3, 4]))
    assert data.test.targets.item() * data.info.target_scale + data.info.target_mean == pytest.approx(20)
    assert data.test.targets.dtype == torch.float32


def test_a_constant_regression_target_is_refused():
    arrays = Arrays(np.zeros((4, 3)), np.full(4, 7.0))
    with pytest.raises(UserError, match="target is 7 in every training row"):
        make_data(info("regression"), arrays, arrays, arrays, "none")
