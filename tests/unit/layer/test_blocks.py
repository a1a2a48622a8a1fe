"""Promises of a layer whose columns share eigenvalues: groups of inputs, functions of one input, or both."""

import copy

import pytest
import torch
from torch import nn

from spectral_exp.layer.basis_function.identity import Identity
from spectral_exp.layer.basis_function.sine import Sine
from spectral_exp.layer.basis_function.square import Square
from spectral_exp.layer.spectral_linear import SpectralLinear

GROUPS = [7, 2, 7, 5, 2, 2]  # {0, 2}, {1, 4, 5}, {3}
MEMBERS = [[1, 4, 5], [3], [0, 2]]  # by the group's number
KINDS = {"groups": (GROUPS, ()), "basis": (None, (Identity(), Square())), "both": (GROUPS, (Identity(), Sine()))}


@pytest.fixture(params=["free", "unit"])
def gauge(request):
    return request.param


@pytest.fixture(params=KINDS)
def make(request, gauge):
    """A layer of six inputs, away from its special starting point."""
    groups, basis = KINDS[request.param]

    def make(**options):
        torch.manual_seed(0)
        layer = SpectralLinear(6, 4, gauge=gauge, dtype=torch.float64, basis=basis, **options)
        if groups:
            layer.share_eigenvalues(groups)
        if basis:
            layer.basis.fit(3 + 2 * torch.randn(50, 6, dtype=torch.float64))
        with torch.no_grad():
            for parameter in layer.parameters():
                parameter.add_(0.3 * torch.randn_like(parameter))
        return layer

    return make


def columns_of(layer, rows):
    """Expand rows of all inputs by hand."""
    if layer.basis is None:
        return rows
    functions = {"positive": lambda x: x, "square": lambda x: x**2, "sin": torch.sin}
    coefficients = layer.basis.coefficients
    return torch.cat(
        [
            coefficients[2, i] * functions[name](coefficients[0, i] * rows + coefficients[1, i]) + coefficients[3, i]
            for i, name in enumerate(layer.basis.names)
        ],
        dim=1,
    )


def owner_of_columns(layer):
    """The position in `eigenvalues` of every column's, worked out by hand."""
    of_inputs = torch.arange(6)
    if layer.eigenvalues.numel() == 3:
        for number, members in enumerate(MEMBERS):
            of_inputs[members] = number
    return torch.cat([of_inputs] * (layer.raw_eigenvectors.shape[1] // 6))


@pytest.mark.parametrize("train_output_eigenvalues", [True, False])
def test_forward_and_backward_equal_the_dense_layer_on_the_columns(make, train_output_eigenvalues):
    layer = make(train_output_eigenvalues=train_output_eigenvalues)
    owner = owner_of_columns(layer)
    phi = layer.raw_eigenvectors.detach().clone()
    if layer.gauge == "unit":
        for number in owner.unique():
            phi[:, owner == number] /= phi[:, owner == number].norm()
    shift = 0.0 if layer.output_eigenvalues is None else layer.output_eigenvalues.detach()[:, None]
    dense = nn.Linear(phi.shape[1], 4, dtype=torch.float64)
    with torch.no_grad():
        dense.weight.copy_(phi * (layer.eigenvalues.detach()[owner] - shift))
        dense.bias.copy_(layer.bias)
    rows = torch.randn(9, 6, dtype=torch.float64, requires_grad=True)
    rows_dense = rows.detach().clone().requires_grad_()
    cotangent = torch.randn(9, 4, dtype=torch.float64)
    outputs, expected = layer(rows), dense(columns_of(layer, rows_dense))
    (outputs * cotangent).sum().backward()
    (expected * cotangent).sum().backward()
    torch.testing.assert_close(outputs, expected)
    torch.testing.assert_close(rows.grad, rows_dense.grad)
    torch.testing.assert_close(layer.bias.grad, dense.bias.grad)
    # d loss / d lambda_g = sum over the columns of the block of <phi_:c, d loss / d w_:c>
    of_columns = (phi * dense.weight.grad).sum(0)
    of_blocks = torch.stack([of_columns[owner == number].sum() for number in owner.unique()])
    torch.testing.assert_close(layer.eigenvalues.grad, of_blocks)
    torch.testing.assert_close(layer.to_linear()(columns_of(layer, rows)), expected)


@pytest.mark.parametrize("train_output_eigenvalues", [True, False])
def test_gradients_are_right(make, train_output_eigenvalues):
    layer = make(train_output_eigenvalues=train_output_eigenvalues)
    names = [name for name, _ in layer.named_parameters()]
    rows = torch.randn(3, 6, dtype=torch.float64, requires_grad=True)

    def output(rows, *values):
        return torch.func.functional_call(layer, dict(zip(names, values, strict=True)), (rows,))

    assert torch.autograd.gradcheck(output, (rows, *layer.parameters()))


def test_a_block_of_zeros_has_finite_gradients(make):
    layer = make()
    with torch.no_grad():
        layer.raw_eigenvectors.zero_()
        layer.eigenvalues.zero_()
    layer(torch.randn(3, 6, dtype=torch.float64)).sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in layer.parameters())
    assert (layer.relevance() == 0).all()


def test_relevance_is_the_norm_of_a_block_with_the_scale_inside_and_of_a_group_its_root_mean_square(make):
    layer = make()
    owner = owner_of_columns(layer)
    n_members = torch.stack([(owner[:6] == owner[j]).sum() for j in range(6)])
    scale = torch.rand(layer.relevance_at_drop.shape, dtype=torch.float64)
    weight = layer.weight.detach()
    for given, expected in ((None, weight), (scale, weight * scale.flatten())):
        norms = torch.stack([expected[:, owner == owner[j]].norm() for j in range(6)])
        torch.testing.assert_close(layer.relevance(given), norms / n_members.sqrt())
    if layer.gauge == "unit":
        torch.testing.assert_close(layer.relevance(), layer.input_eigenvalues.detach().abs() / n_members.sqrt())


def test_grouping_changes_neither_outputs_nor_random_numbers(gauge):
    torch.manual_seed(0)
    layer = SpectralLinear(6, 4, gauge=gauge)
    rows = torch.randn(5, 6)
    expected = layer(rows)
    state = torch.get_rng_state()
    layer.share_eigenvalues(GROUPS)
    torch.testing.assert_close(layer(rows), expected)
    assert torch.equal(torch.get_rng_state(), state)
    assert layer.eigenvalues.shape == (3,)


def test_groups_of_one_are_the_plain_layer(gauge):
    torch.manual_seed(0)
    plain = SpectralLinear(6, 4, gauge=gauge, dtype=torch.float64)
    grouped = copy.deepcopy(plain)
    grouped.share_eigenvalues(range(6))
    rows, cotangent = torch.randn(5, 6, dtype=torch.float64), torch.randn(5, 4, dtype=torch.float64)
    for layer in (plain, grouped):
        (layer(rows) * cotangent).sum().backward()
    torch.testing.assert_close(grouped.eigenvalues.grad, plain.eigenvalues.grad)
    torch.testing.assert_close(grouped.raw_eigenvectors.grad, plain.raw_eigenvectors.grad)
    torch.testing.assert_close(grouped.relevance(), plain.relevance())


def test_dropped_inputs_leave_the_outputs_of_the_rest_alone_whatever_they_hold(make):
    layer = make(train_output_eigenvalues=False)
    rows = torch.randn(5, 6, dtype=torch.float64)
    dropped = torch.tensor([False, True, False, False, True, True])
    columns, owner = columns_of(layer, rows), owner_of_columns(layer)
    left = ~dropped.repeat(columns.shape[1] // 6)
    expected = nn.functional.linear(columns[:, left], layer.weight[:, left], layer.bias).detach()
    relevance = layer.relevance()
    survivors = layer.drop(dropped, step=7)
    assert survivors.columns.tolist() == left.nonzero().squeeze(1).tolist()
    assert survivors.eigenvalues.tolist() == owner[left].unique().tolist()
    torch.testing.assert_close(layer(torch.where(dropped, float("nan"), rows)), expected)
    torch.testing.assert_close(layer(rows[:, ~dropped]), expected)
    torch.testing.assert_close(layer.relevance(), torch.where(dropped, 0.0, relevance))
    assert layer.n_kept == 3 and layer.dropped_at.tolist() == [-1, 7, -1, -1, 7, 7]
    assert layer.over_all_inputs(layer.input_eigenvalues).shape == (6,)
    second = layer.drop(torch.tensor([False, False, False, True, False, False]), step=8)
    assert second.columns.tolist() == [j for j in range(layer.raw_eigenvectors.shape[1] * 3 // 2) if j % 3 != 2]
    assert layer.n_kept == 2 and layer(rows[:, [0, 2]]).shape == (5, 4)
    scale = torch.rand(layer.relevance_at_drop.shape, dtype=torch.float64)
    assert layer.ranking(scale)[2] == 3, "the last dropped ranks first among the dropped"


def test_dropped_blocks_rank_by_their_norm_at_that_time_with_the_scale_inside(make):
    layer = make()
    scale = torch.rand(layer.relevance_at_drop.shape, dtype=torch.float64)
    before = layer.relevance(scale)
    layer.drop(torch.tensor([False, True, False, True, True, True]), step=3)
    rest = layer.ranking(scale)[2:].tolist()
    assert before[rest].tolist() == sorted(before[rest].tolist(), reverse=True)


def test_a_state_dict_speaks_of_all_inputs_and_loads_into_a_new_layer(make):
    layer = make()
    full = {name: values.shape for name, values in layer.state_dict().items()}
    layer.drop(torch.tensor([True, False, True, False, False, False]), step=5)
    state = copy.deepcopy(layer.state_dict())
    assert {name: values.shape for name, values in state.items()} == full
    fresh = make()
    fresh.load_state_dict(state)
    rows = torch.randn(3, 6, dtype=torch.float64)
    assert torch.equal(fresh(rows), layer(rows))
    assert torch.equal(fresh.ranking(), layer.ranking()) and torch.equal(fresh.relevance(), layer.relevance())
    assert {name: values.shape for name, values in fresh.state_dict().items()} == full


def test_without_groups_and_basis_the_state_dict_has_the_names_it_always_had(gauge):
    state = SpectralLinear(6, 4, gauge=gauge).state_dict()
    assert list(state) == ["eigenvalues", "raw_eigenvectors", "bias", "dropped_at", "relevance_at_drop"]


def test_eigenvalues_stay_float32_under_bf16_autocast(make):
    layer = make().float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        outputs = layer(torch.randn(4, 6))
    assert outputs.dtype == torch.bfloat16
    outputs.float().sum().backward()
    assert layer.eigenvalues.grad.dtype == layer.relevance().dtype == torch.float32


def test_members_of_a_group_rank_side_by_side_even_where_groups_tie():
    layer = SpectralLinear(6, 4)
    layer.share_eigenvalues([0, 1, 0, 1, 0, 1])
    with torch.no_grad():
        layer.eigenvalues.zero_()
    assert layer.ranking().tolist() == [0, 2, 4, 1, 3, 5]


def test_a_part_of_a_group_cannot_be_dropped():
    layer = SpectralLinear(6, 4)
    layer.share_eigenvalues(GROUPS)
    with pytest.raises(ValueError, match="some inputs of a group"):
        layer.drop(torch.tensor([True, False, False, False, False, False]))


def test_wrong_numbers_of_groups_or_columns_are_refused():
    with pytest.raises(ValueError, match=r"one number per input \(6\), got 2"):
        SpectralLinear(6, 4).share_eigenvalues([0, 1])
    with pytest.raises(ValueError, match="2 columns of every input, got 5"):
        SpectralLinear.from_linear(nn.Linear(5, 2), basis=(Identity(), Square()))


@pytest.mark.parametrize("groups", [None, GROUPS])
def test_nothing_presses_what_is_always_kept_nor_its_group(groups, gauge):
    torch.manual_seed(0)
    layer = SpectralLinear(6, 4, gauge=gauge, basis=(Identity(), Square()))
    if groups:
        layer.share_eigenvalues(groups)
    layer.keep_always(torch.tensor([False, True, False, True, False, False]))
    spared = torch.tensor([False, True, False, True, bool(groups), bool(groups)])
    layer.drop(torch.tensor([True, False, True, False, False, False]))
    of_vectors = layer.per_eigenvalue(layer.eigenvectors.square().sum(dim=0))
    (layer.weigh(layer.eigenvalues.abs()) + layer.weigh(of_vectors)).sum().backward()
    pressed = torch.zeros(6, dtype=torch.bool)
    kept = torch.tensor([1, 3, 4, 5])
    of_inputs = layer.per_column(layer.eigenvalues.grad)[:4]
    pressed[kept] = of_inputs != 0
    assert torch.equal(pressed[kept], ~spared[kept])
    of_columns = layer.raw_eigenvectors.grad.abs().sum(0).reshape(2, 4).sum(0)
    if gauge == "free":
        assert torch.equal(of_columns > 0, ~spared[kept])
