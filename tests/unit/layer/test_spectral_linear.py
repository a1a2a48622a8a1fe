import copy

import pytest
import torch
from torch import nn

from spectral_exp.layer.spectral_linear import SpectralLinear

GAUGES = ["free", "unit"]


def double(gauge, **options):
    torch.manual_seed(0)
    return SpectralLinear(5, 4, gauge=gauge, dtype=torch.float64, **options)


def perturb(layer):
    """Move a layer away from its special starting point."""
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return layer


@pytest.mark.parametrize("gauge", GAUGES)
@pytest.mark.parametrize("bias", [True, False])
def test_it_starts_as_the_plain_layer_under_the_same_seed(gauge, bias):
    torch.manual_seed(3)
    plain = nn.Linear(7, 5, bias=bias)
    after_plain = torch.rand(1)
    torch.manual_seed(3)
    spectral = SpectralLinear(7, 5, bias=bias, gauge=gauge)
    after_spectral = torch.rand(1)
    rows = torch.randn(11, 7)
    torch.testing.assert_close(spectral(rows), plain(rows))
    assert torch.equal(after_plain, after_spectral), "it must draw as many random numbers"


def test_eigenvalues_start_at_one_in_the_free_gauge_and_at_the_column_norms_in_the_unit_gauge():
    free, unit = double("free"), double("unit")
    assert torch.equal(free.eigenvalues, torch.ones(5, dtype=torch.float64))
    torch.testing.assert_close(unit.eigenvalues, free.weight.norm(dim=0))


@pytest.mark.parametrize("gauge", GAUGES)
@pytest.mark.parametrize("train_output_eigenvalues", [True, False])
def test_forward_and_backward_equal_the_dense_layer(gauge, train_output_eigenvalues):
    layer = perturb(double(gauge, train_output_eigenvalues=train_output_eigenvalues))
    dense = layer.to_linear()
    rows = torch.randn(9, 5, dtype=torch.float64, requires_grad=True)
    rows_dense = rows.detach().clone().requires_grad_()
    cotangent = torch.randn(9, 4, dtype=torch.float64)
    (layer(rows) * cotangent).sum().backward()
    (dense(rows_dense) * cotangent).sum().backward()
    torch.testing.assert_close(layer(rows), dense(rows_dense))
    torch.testing.assert_close(rows.grad, rows_dense.grad)
    torch.testing.assert_close(layer.bias.grad, dense.bias.grad)
    # d loss / d lambda_j = <phi_:j, d loss / d w_:j>
    torch.testing.assert_close(layer.eigenvalues.grad, (layer.eigenvectors * dense.weight.grad).sum(0))


@pytest.mark.parametrize("gauge", GAUGES)
@pytest.mark.parametrize("train_output_eigenvalues", [True, False])
def test_gradients_are_right(gauge, train_output_eigenvalues):
    layer = perturb(double(gauge, train_output_eigenvalues=train_output_eigenvalues))
    names = [name for name, _ in layer.named_parameters()]
    rows = torch.randn(3, 5, dtype=torch.float64, requires_grad=True)

    def output(rows, *values):
        return torch.func.functional_call(layer, dict(zip(names, values, strict=True)), (rows,))

    assert torch.autograd.gradcheck(output, (rows, *layer.parameters()))


def test_unit_gauge_keeps_columns_at_norm_one_and_makes_relevance_the_eigenvalue():
    layer = double("unit")
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.1)
    for _ in range(20):
        optimizer.zero_grad()
        layer(torch.randn(8, 5, dtype=torch.float64)).square().sum().backward()
        optimizer.step()
    torch.testing.assert_close(layer.eigenvectors.norm(dim=0), torch.ones(5, dtype=torch.float64))
    torch.testing.assert_close(layer.relevance(), layer.eigenvalues.detach().abs())


@pytest.mark.parametrize("gauge", GAUGES)
@pytest.mark.parametrize("n_rows", [1, 3])  # fewer numbers than the weight has, and more: the smaller is scaled
@pytest.mark.parametrize("smallest", [0.0, 1e-300, 1e-3])
def test_the_fast_path_equals_automatic_differentiation_of_the_weight(gauge, n_rows, smallest):
    layer = perturb(double(gauge))
    with torch.no_grad():
        layer.eigenvalues[2] = smallest
    rows = torch.randn(2, n_rows, 5, dtype=torch.float64)
    cotangent = torch.randn(2, n_rows, 4, dtype=torch.float64)
    gradients = []
    for outputs in (layer(rows), nn.functional.linear(rows, layer.weight, layer.bias)):
        layer.zero_grad()
        (outputs * cotangent).sum().backward()
        gradients.append([parameter.grad.clone() for parameter in layer.parameters()])
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("n_out", [127, 128, 129, 300])
def test_eigenvalues_of_a_wide_layer_have_the_gradient_of_the_weight(n_out):
    layer = perturb(SpectralLinear(3, n_out, dtype=torch.float64))
    dense = layer.to_linear()
    rows, cotangent = torch.randn(2, 3, dtype=torch.float64), torch.randn(2, n_out, dtype=torch.float64)
    for one in (layer, dense):
        (one(rows) * cotangent).sum().backward()
    torch.testing.assert_close(layer.eigenvalues.grad, (layer.eigenvectors * dense.weight.grad).sum(0))


@pytest.mark.parametrize("gauge", GAUGES)
def test_conversion_from_and_to_a_plain_layer_keeps_the_outputs(gauge):
    torch.manual_seed(0)
    plain = nn.Linear(6, 3)
    rows = torch.randn(4, 6)
    back = SpectralLinear.from_linear(plain, gauge).to_linear()
    torch.testing.assert_close(back(rows), plain(rows))
    assert isinstance(back, nn.Linear)


@pytest.mark.parametrize("gauge", GAUGES)
def test_eigenvalues_stay_float32_under_bf16_autocast(gauge):
    layer = SpectralLinear(16, 8, gauge=gauge)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        outputs = layer(torch.randn(4, 16))
    assert outputs.dtype == torch.bfloat16
    outputs.float().sum().backward()
    assert layer.eigenvalues.dtype == layer.eigenvalues.grad.dtype == layer.relevance().dtype == torch.float32


@pytest.mark.parametrize("gauge", GAUGES)
def test_dropped_inputs_leave_the_outputs_of_the_rest_alone_whatever_they_hold(gauge):
    layer = perturb(double(gauge))
    rows = torch.randn(6, 5, dtype=torch.float64)
    dropped = torch.tensor([False, True, False, True, False])
    expected = layer(torch.where(dropped, 0.0, rows))
    layer.drop(dropped, step=7)
    poisoned = torch.where(dropped, float("nan"), rows)
    torch.testing.assert_close(layer(poisoned), expected)
    torch.testing.assert_close(layer(rows[:, ~dropped]), expected)
    assert layer.dropped_at.tolist() == [-1, 7, -1, 7, -1]
    assert layer.relevance()[dropped].tolist() == [0.0, 0.0]
    assert layer.eigenvalues.shape == (3,)


def test_dropping_twice_gives_positions_among_the_kept_and_ranks_the_last_dropped_first():
    layer = double("free")
    with torch.no_grad():
        layer.eigenvalues.copy_(torch.tensor([1.0, 9.0, 2.0, 8.0, 5.0]) / layer.raw_eigenvectors.norm(dim=0))
    assert layer.drop(torch.tensor([False, True, False, True, False]), step=1).columns.tolist() == [0, 2, 4]
    assert layer.drop(torch.tensor([True, False, False, False, False]), step=2).eigenvalues.tolist() == [1, 2]
    assert layer.ranking().tolist() == [4, 2, 0, 1, 3]


def test_a_state_dict_speaks_of_all_inputs_and_loads_into_a_new_layer():
    layer = perturb(double("unit"))
    layer.drop(torch.tensor([True, False, False, True, False]), step=5)
    state = copy.deepcopy(layer.state_dict())
    assert state["eigenvalues"].shape == (5,)
    fresh = double("unit")
    fresh.load_state_dict(state)
    rows = torch.randn(3, 5, dtype=torch.float64)
    assert torch.equal(fresh(rows), layer(rows))
    assert torch.equal(fresh.dropped_at, layer.dropped_at)
    assert torch.equal(fresh.relevance_at_drop, layer.relevance_at_drop)


def test_a_state_dict_that_keeps_more_than_the_layer_is_refused():
    layer = double("free")
    state = copy.deepcopy(layer.state_dict())
    layer.drop(torch.tensor([True, False, False, False, False]))
    with pytest.raises(RuntimeError, match="load into a new layer"):
        layer.load_state_dict(state)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"in_features": 0}, "in_features"),
        ({"out_features": -1}, "out_features"),
        ({"gauge": "none"}, "gauge must be"),
    ],
)
def test_bad_arguments_are_refused_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        SpectralLinear(**{"in_features": 2, "out_features": 2, **arguments})


def test_the_last_input_cannot_be_dropped():
    with pytest.raises(ValueError, match="every input"):
        double("free").drop(torch.ones(5, dtype=torch.bool))


@pytest.mark.filterwarnings("ignore:.*torch.jit.trace")  # deprecated since torch 2.9, used by TensorBoard's graphs
@pytest.mark.parametrize("gauge", GAUGES)
def test_it_can_be_traced(gauge):
    layer, rows = perturb(double(gauge)), torch.randn(3, 5, dtype=torch.float64)
    torch.testing.assert_close(torch.jit.trace(layer, rows)(2 * rows), layer(2 * rows))


@pytest.mark.parametrize("gauge", GAUGES)
def test_it_can_be_transformed_by_torch_func(gauge):
    layer, rows = perturb(double(gauge)), torch.randn(3, 5, dtype=torch.float64)
    parameters = dict(layer.named_parameters())

    def loss(parameters, row):
        return torch.func.functional_call(layer, parameters, (row,)).square().sum()

    of_rows = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0))(parameters, rows)
    for row, *gradients in zip(rows, *of_rows.values(), strict=True):
        alone = torch.autograd.grad(layer(row).square().sum(), list(parameters.values()))
        torch.testing.assert_close(gradients, list(alone))
