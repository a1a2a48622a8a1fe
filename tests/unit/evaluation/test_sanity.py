import numpy as np
import pytest
import torch
from torch import nn

from spectral_exp.dataset.data import Data, Part
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.evaluation.sanity import (
    column_permutation,
    duplicated_column,
    label_permutation,
    parameter_randomisation,
    place,
    rescaled_column,
)


@pytest.fixture
def data():
    """30 inputs, each as useful for the target as its number says."""
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(2000, 30, generator=generator)
    targets = inputs @ torch.arange(30.0)
    info = DatasetInfo("made", "regression", tuple(f"x{i}" for i in range(30)), (5, 6), groups=("a", "b") * 15)
    return Data(
        info, *(Part(inputs[rows], targets[rows]) for rows in (slice(1000), slice(1000, 1500), slice(1500, 2000)))
    )


def least_squares(data):
    """Coefficients, which hold for the unit of an input."""
    return torch.linalg.lstsq(data.train.inputs, data.train.targets).solution.abs().numpy()


def correlation(data):
    """Correlation of one input with the target, which does not depend on units."""
    rows = torch.cat([data.train.inputs.T, data.train.targets[None]])
    return torch.corrcoef(rows)[-1, :-1].abs().numpy()


def spread(data):
    return data.train.inputs.std(0).numpy()


def position(data):
    return np.arange(data.info.n_features, dtype=float)


def test_permuted_targets_turn_relevance_into_noise_and_leave_what_never_used_them(data):
    assert abs(label_permutation(least_squares, data, seed=0)) < 0.4
    assert label_permutation(spread, data, seed=0) == 1
    seen = []
    label_permutation(lambda data: seen.append(data) or spread(data), data, seed=0)
    for name in ("train", "val"):
        true, dealt = (getattr(one, name).targets for one in seen)
        assert not torch.equal(true, dealt)
        assert torch.equal(true.sort().values, dealt.sort().values)
    assert seen[1].test is data.test


def test_columns_in_another_order_score_the_same_unless_their_position_counts(data):
    assert column_permutation(correlation, data, seed=0) == 1
    assert abs(column_permutation(position, data, seed=0)) < 0.5
    seen = []
    column_permutation(lambda data: seen.append(data.info) or correlation(data), data, seed=0)
    assert sorted(seen[1].feature_names) == sorted(data.info.feature_names)
    assert all(seen[1].groups[at] == data.info.groups[int(name[1:])] for at, name in enumerate(seen[1].feature_names))


def test_a_duplicate_stands_where_its_original_does_unless_one_takes_all(data):
    assert duplicated_column(correlation, data, 29) == (1.0, 29.5 / 30, 29.5 / 30)
    only_first = duplicated_column(lambda data: correlation(data) * (position(data) < 30), data, 29)
    assert only_first == (1.0, 1.0, 0.0)
    names = []
    duplicated_column(lambda data: names.append(data.info.feature_names) or correlation(data), data, 3)
    assert {"x3", "x3 (copy)"} <= set(names[0] + names[1])


def test_another_unit_moves_what_depends_on_it(data):
    before, after, _ = rescaled_column(correlation, data, 15, factor=1000.0)
    assert before == after == pytest.approx(0.5, abs=0.1)
    assert rescaled_column(least_squares, data, 15, factor=1000.0) == (
        15 / 29,
        1 / 29,
        None,
    )  # behind input 0, of no use


def test_a_net_forgets_layer_by_layer_from_the_output_on():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(40, 200), nn.ReLU(), nn.Linear(200, 2))
    with torch.no_grad():
        net[0].weight *= torch.linspace(0.1, 3, 40)
    first_layer = net[0].weight.clone()
    found = parameter_randomisation(lambda net: net[0].weight.norm(dim=0).detach().numpy(), net, seed=1)
    assert list(found) == ["2", "0"]
    assert found["2"] == 1  # the norm of the first layer does not see the others
    assert abs(found["0"]) < 0.5
    assert torch.equal(net[0].weight, first_layer)


def test_places_are_counted_among_the_others():
    assert place(np.array([1.0, 2.0, 3.0]), 2) == 1
    assert place(np.zeros(5), 3) == 0.5
