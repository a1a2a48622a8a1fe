import pytest
import torch

from spectral_exp.functional.filling import BY_DISTANCE, areas, fill_gaps, least_nearby


def mean_nearby(plane, is_known, row, column, with_itself=True):
    """The mean of the known values within two positions, by loops; None if there are none."""
    total = weights = 0.0
    for i, j in is_known.nonzero().tolist():
        if abs(i - row) <= 2 and abs(j - column) <= 2 and (with_itself or (i, j) != (row, column)):
            weight = BY_DISTANCE[abs(i - row)] * BY_DISTANCE[abs(j - column)]
            total, weights = total + weight * float(plane[i, j]), weights + weight
    return total / weights if weights else None


def filled_twice(plane, mask):
    """What `fill_gaps` does to one image of one channel, place by place."""
    places = [(row, column) for row in range(mask.shape[0]) for column in range(mask.shape[1])]
    means, is_known = plane.clone(), mask.clone()
    for place in places:
        mean = mean_nearby(plane, mask, *place)
        if not mask[place] and mean is not None:
            means[place], is_known[place] = mean, True
    around = torch.tensor([mean_nearby(means, is_known, *place, with_itself=False) or 0.0 for place in places])
    around = around.reshape(mask.shape)
    missed = [mean_nearby(plane - around, mask, *place) or 0.0 for place in places]
    return torch.where(mask, plane, around + torch.tensor(missed).reshape(mask.shape))


def test_a_gap_takes_the_mean_around_it_and_what_such_means_miss_nearby():
    torch.manual_seed(0)
    mask = torch.rand(1, 7, 6) < 0.3
    images = torch.randn(2, 3, 7, 6) * mask
    filled = fill_gaps(images, mask)
    assert torch.equal(filled[..., mask[0]], images[..., mask[0]])
    torch.testing.assert_close(filled[1, 2], filled_twice(images[1, 2], mask[0]))


def test_what_is_constant_stays_so_and_what_is_far_from_everything_is_zero():
    mask = torch.zeros(2, 12, dtype=torch.bool)
    mask[0, ::2] = True
    mask[1, 0] = True
    filled = fill_gaps(5.0 * mask, mask)
    assert filled[0].tolist() == [5.0] * 12
    assert filled[1].tolist() == [5.0] * 5 + [0.0] * 7


def test_what_bends_is_filled_better_than_by_means():
    places = torch.arange(40.0)
    mask = (places % 2 == 0)[None]
    rows = torch.sin(places / 3)[None]
    means = (rows.roll(1, -1) + rows.roll(-1, -1)) / 2  # what the two beside a gap say
    inner = ~mask[0] & (places > 4) & (places < 35)
    errors = fill_gaps(rows * mask, mask) - rows
    assert errors[0, inner].square().mean() < 0.5 * (means - rows)[0, inner].square().mean()


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
