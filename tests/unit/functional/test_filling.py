import pytest
import torch

from spectral_exp.functional.filling import BY_DISTANCE, areas, fill_gaps, least_nearby


def mean_of_neighbours(plane, mask, row, column):
    total = weights = 0.0
    for i, j in mask.nonzero().tolist():
        if abs(i - row) <= 2 and abs(j - column) <= 2:
            weight = BY_DISTANCE[abs(i - row)] * BY_DISTANCE[abs(j - column)]
            total, weights = total + weight * float(plane[i, j]), weights + weight
    return total / weights if weights else 0.0


def test_a_gap_takes_the_weighted_mean_of_the_kept_values_within_two_positions():
    torch.manual_seed(0)
    mask = torch.rand(1, 7, 6) < 0.3
    images = torch.randn(2, 3, 7, 6) * mask
    filled = fill_gaps(images, mask)
    assert torch.equal(filled[..., mask[0]], images[..., mask[0]])
    for row, column in (~mask[0]).nonzero().tolist():
        expected = mean_of_neighbours(images[1, 2], mask[0], row, column)
        assert filled[1, 2, row, column].item() == pytest.approx(expected, abs=1e-5)


def test_what_is_constant_stays_so_and_what_is_far_from_everything_is_zero():
    mask = torch.zeros(2, 12, dtype=torch.bool)
    mask[0, ::2] = True
    mask[1, 0] = True
    filled = fill_gaps(5.0 * mask, mask)
    assert filled[0].tolist() == [5.0] * 12
    assert filled[1].tolist() == [5.0] * 3 + [0.0] * 9


def test_an_area_is_what_a_place_makes_of_the_whole_row():
    torch.manual_seed(0)
    mask = torch.rand(2, 7, 6) < 0.3
    found = areas(mask)
    for channel, row, column in mask.nonzero().tolist():
        alone = torch.zeros(2, 7, 6)
        alone[channel, row, column] = 1.0
        assert found[channel, row, column].item() == pytest.approx(fill_gaps(alone, mask).sum().item(), abs=1e-5)
    assert bool((found[~mask] == 0).all())


def test_the_least_nearby_are_those_that_no_lower_one_is_within_two_positions_of():
    torch.manual_seed(0)
    ranks, chosen = torch.randperm(2 * 7 * 6).reshape(2, 7, 6), torch.rand(2, 7, 6) < 0.7
    found = least_nearby(ranks, chosen, n_axes=2)
    for channel, row, column in chosen.nonzero().tolist():
        near = (channel, slice(max(row - 2, 0), row + 3), slice(max(column - 2, 0), column + 3))
        assert bool(found[channel, row, column]) == (ranks[near][chosen[near]].min() == ranks[channel, row, column])
    assert not bool(found[~chosen].any())
