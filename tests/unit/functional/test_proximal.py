import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from spectral_exp.functional.proximal import block_soft_threshold


def columns(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0, 2.5])
def test_it_is_the_minimum_of_distance_plus_length(strength):
    weight, step_size = columns(3, 6), torch.linspace(0.2, 1.5, 6, dtype=torch.float64)
    result = block_soft_threshold(weight, strength * step_size)

    def objective(z, j):
        return 0.5 * ((z - weight[:, j].numpy()) ** 2).sum() / step_size[j].item() + strength * np.linalg.norm(z)

    for j in range(6):
        # Away from 0 the objective is smooth; at 0 it has a kink, which is tried by itself.
        found = minimize(objective, weight[:, j].numpy(), args=(j,), method="Nelder-Mead", options={"xatol": 1e-9})
        best = min(found.fun, objective(np.zeros(3), j))
        assert objective(result[:, j].numpy(), j) <= best + 1e-12
        assert (result[:, j] == 0).all() == (weight[:, j].norm() <= strength * step_size[j])


def test_blocks_shrink_as_one_vector_each():
    weight, threshold = columns(3, 6), torch.tensor([0.5, 100.0, 1.0], dtype=torch.float64)
    blocks = torch.tensor([2, 0, 0, 1, 2, 2])
    result = block_soft_threshold(weight, threshold, blocks)
    for b in range(3):
        as_one_column = weight[:, blocks == b].reshape(-1, 1)
        expected = block_soft_threshold(as_one_column, threshold[b : b + 1])
        torch.testing.assert_close(result[:, blocks == b].reshape(-1, 1), expected)
    assert (result[:, 3] == 0).all()


def test_columns_are_blocks_of_one():
    weight, threshold = columns(4, 5), torch.full((5,), 0.7, dtype=torch.float64)
    torch.testing.assert_close(
        block_soft_threshold(weight, threshold, torch.arange(5)), block_soft_threshold(weight, threshold)
    )


def test_zero_stays_zero_and_no_threshold_changes_nothing():
    weight = columns(3, 4)
    weight[:, 1] = 0
    assert torch.equal(block_soft_threshold(weight, torch.zeros(4, dtype=torch.float64)), weight)
    assert (block_soft_threshold(weight, torch.ones(4, dtype=torch.float64))[:, 1] == 0).all()
