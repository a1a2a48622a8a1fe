import pytest
import torch

from spectral_exp.functional.filling import fill_gaps
from spectral_exp.layer.spectral_gate import SpectralGate


def test_a_new_gate_changes_nothing_and_gives_every_position_one_eigenvalue():
    gate = SpectralGate((3, 4, 5), axes=(1, 2))
    images = torch.randn(2, 3, 4, 5)
    assert torch.equal(gate(images), images)
    assert gate.eigenvalues.shape == (20,)
    assert SpectralGate((3, 4, 5)).in_features == 60


def test_an_eigenvalue_is_shared_along_the_other_axes():
    gate = SpectralGate((3, 2, 2), axes=(1, 2))
    with torch.no_grad():
        gate.eigenvalues[2] = 5.0  # row 1, column 0
    outputs = gate(torch.ones(3, 2, 2))
    assert outputs[:, 1, 0].tolist() == [5.0, 5.0, 5.0]
    assert outputs.sum() == 9 + 15


@pytest.mark.parametrize("axes", [(1, 2), (0, 1, 2), (2,)])
def test_a_dropped_position_is_filled_by_its_kept_neighbours_as_they_leave_the_gate(axes):
    gate = SpectralGate((2, 4, 5), axes, fill="neighbours")
    images = torch.randn(3, 2, 4, 5)
    assert torch.equal(gate(images), images)
    with torch.no_grad():
        gate.eigenvalues.mul_(2.0)
    gate.drop(torch.arange(gate.in_features) == 1)
    is_gap = ~gate.over_row(gate.mask).expand(2, 4, 5)
    poisoned = torch.where(is_gap, torch.nan, images)
    outputs = gate(poisoned)
    torch.testing.assert_close(outputs, fill_gaps(torch.where(is_gap, 0.0, 2 * images), ~is_gap))
    assert bool((outputs[:, is_gap] != 0).all())


def test_where_neighbours_fill_relevance_counts_what_a_position_stands_for():
    gate = SpectralGate((3, 1, 4), (1, 2), gauge="unit", fill="neighbours")
    with torch.no_grad():
        gate.eigenvalues.copy_(torch.tensor([2.0, 1.0, 1.0, -4.0]))
    assert gate.relevance().tolist() == [2.0, 1.0, 1.0, 4.0]
    gate.drop(torch.tensor([False, True, False, False]))
    alone = torch.eye(4).reshape(4, 1, 1, 4).expand(4, 3, 1, 4)  # every position by itself, in three channels
    torch.testing.assert_close(gate.relevance(), gate(alone)[:, 0].sum((1, 2)).abs())
    assert gate.relevance()[0] > 2.5 and gate.relevance()[2] > 1.25  # they fill the gap
    assert gate.ranking().tolist() == [3, 0, 2, 1]


def test_positions_that_fill_the_same_gaps_do_not_leave_together():
    leaving, ranking = torch.tensor([True, True, False, False, True]), torch.tensor([3, 4, 2, 0, 1])

    def gate(fill, groups=None):
        gate = SpectralGate((3, 5), (1,), fill=fill)
        if groups is not None:
            gate.share_eigenvalues(groups)
        return gate

    assert gate("neighbours").first_to_leave(leaving, ranking).tolist() == [False, True, False, False, True]
    assert torch.equal(gate("zero").first_to_leave(leaving, ranking), leaving)
    assert torch.equal(gate("neighbours", [0, 0, 0, 1, 2]).first_to_leave(leaving, ranking), leaving)


@pytest.mark.parametrize(
    "arguments",
    [
        {"shape": ()},
        {"shape": (3, 0)},
        {"axes": (2,)},
        {"axes": (1, 0)},
        {"axes": ()},
        {"fill": "mean"},
        {"shape": (3,), "fill": "neighbours"},
    ],
)
def test_bad_arguments_are_refused_by_name(arguments):
    with pytest.raises(ValueError, match=f"{list(arguments)[-1]} must"):
        SpectralGate(**{"shape": (3, 4), **arguments})


def test_rows_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"rows of shape \(3, 4\), got \(2, 4\)"):
        SpectralGate((3, 4))(torch.zeros(2, 4))
