import numpy as np
import pytest
import torch

from spectral_exp.evaluation.standard_error import StandardError

GENERATOR = torch.Generator().manual_seed(0)


def in_batches(metric, predicted, targets):
    for rows in torch.arange(len(targets)).split(7):
        metric.update(predicted[rows], targets[rows])
    return float(metric.compute())


def test_of_the_accuracy_it_is_that_of_a_binomial():
    logits, targets = torch.randn(50, 3, generator=GENERATOR), torch.randint(3, (50,), generator=GENERATOR)
    accuracy = (logits.argmax(1) == targets).float().mean().item()
    expected = (accuracy * (1 - accuracy) / 50) ** 0.5
    assert in_batches(StandardError("classification"), logits, targets) == pytest.approx(expected, rel=1e-5)


def test_of_the_mean_absolute_error_it_is_the_spread_of_the_errors_over_the_root_of_the_rows():
    predicted, targets = torch.randn(40, generator=GENERATOR), 3 * torch.randn(40, generator=GENERATOR)
    expected = np.std(np.abs((predicted - targets).numpy())) / 40**0.5
    assert in_batches(StandardError("regression"), predicted, targets) == pytest.approx(expected, rel=1e-5)


def test_where_every_row_is_right_it_is_zero():
    assert in_batches(StandardError("classification"), torch.eye(4), torch.arange(4)) == 0
