"""What every layer in spectral form promises, whatever its inputs are: numbers, channels or positions."""

import copy

import pytest
import torch
from torch import nn

from spectral_exp.layer.spectral_conv import SpectralConv1d, SpectralConv2d
from spectral_exp.layer.spectral_gate import SpectralGate
from spectral_exp.layer.spectral_linear import SpectralLinear
from spectral_exp.regularization.group import Group
from spectral_exp.regularization.path import Path
from spectral_exp.regularization.schedule.constant import Constant

DOUBLE = {"dtype": torch.float64}
# How to make it, the shape of one row, and the plain operation with the layer's dense weight.
KINDS = {
    "linear": (lambda **o: SpectralLinear(4, 3, **o), (4,), nn.functional.linear),
    "conv1d": (
        lambda **o: SpectralConv1d(4, 3, 5, stride=2, padding=2, **o),
        (4, 9),
        lambda x, w, b: nn.functional.conv1d(x, w, b, 2, 2),
    ),
    "conv2d": (
        lambda **o: SpectralConv2d(4, 3, (3, 2), padding="same", dilation=2, **o),
        (4, 6, 5),
        lambda x, w, b: nn.functional.conv2d(x, w, b, 1, "same", 2),
    ),
    "pixel": (lambda **o: SpectralGate((3, 2, 2), (1, 2), **o), (3, 2, 2), lambda x, w, b: x * w),
    "value": (lambda **o: SpectralGate((2, 2), **o), (2, 2), lambda x, w, b: x * w),
}


@pytest.fixture(params=["free", "unit"])
def gauge(request):
    return request.param


@pytest.fixture(params=KINDS)
def kind(request, gauge):
    """A layer of four inputs away from its special starting point, rows for it, and its plain operation."""
    make, shape, plain = KINDS[request.param]

    def new():
        torch.manual_seed(0)
        return make(gauge=gauge, **DOUBLE)

    layer = new()
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return layer, torch.randn(5, *shape, **DOUBLE), plain, new


def test_forward_and_backward_equal_the_plain_operation_with_the_dense_weight(kind):
    layer, rows, plain, _ = kind
    rows.requires_grad_()
    outputs = layer(rows)
    cotangent = torch.randn_like(outputs)
    leaves = [rows, *layer.parameters()]
    gradients = torch.autograd.grad((outputs * cotangent).sum(), leaves)
    expected = plain(rows, layer.weight, layer.bias)
    torch.testing.assert_close(outputs, expected)
    torch.testing.assert_close(gradients, torch.autograd.grad((expected * cotangent).sum(), leaves))


@pytest.mark.parametrize("is_dropped", [False, True])
def test_gradients_are_right(kind, is_dropped):
    layer, rows, _, _ = kind
    if is_dropped:
        layer.drop(torch.tensor([False, True, True, False]))
    names = [name for name, _ in layer.named_parameters()]

    def output(rows, *values):
        return torch.func.functional_call(layer, dict(zip(names, values, strict=True)), (rows,))

    assert torch.autograd.gradcheck(output, (rows[:2].clone().requires_grad_(), *layer.parameters()))


def test_relevance_is_the_norm_of_what_the_layer_does_with_an_input(kind):
    layer, _, _, _ = kind
    torch.testing.assert_close(layer.relevance(), layer.weight_matrix.detach().norm(dim=0))
    if layer.gauge == "unit":
        torch.testing.assert_close(layer.relevance(), layer.eigenvalues.detach().abs())


def test_a_dropped_input_leaves_the_rest_alone_whatever_it_holds(kind):
    layer, rows, _, _ = kind
    dropped = torch.tensor([False, True, False, True])
    on_row = layer.over_row(dropped)
    expected = layer(torch.where(on_row, 0.0, rows))
    layer.drop(dropped, step=7)
    torch.testing.assert_close(layer(torch.where(on_row, float("nan"), rows)), expected)
    assert layer.eigenvalues.numel() == layer.raw_eigenvectors.shape[1] == 2
    assert layer.relevance()[dropped].tolist() == [0.0, 0.0]
    assert set(layer.ranking()[:2].tolist()) == {0, 2}
    if layer.takes_kept:
        torch.testing.assert_close(layer(rows[:, ~dropped]), expected)
    else:
        assert not layer(rows)[on_row.expand_as(rows)].any()


def test_a_state_dict_speaks_of_all_inputs_and_loads_into_a_new_layer(kind):
    layer, rows, _, new = kind
    layer.drop(torch.tensor([True, False, False, True]), step=5)
    state = copy.deepcopy(layer.state_dict())
    assert state["eigenvalues"].shape == (4,)
    fresh = new()
    fresh.load_state_dict(state)
    assert torch.equal(fresh(rows), layer(rows))
    assert torch.equal(fresh.dropped_at, layer.dropped_at)


def test_inputs_can_share_an_eigenvalue(kind):
    layer, rows, _, _ = kind
    before = layer(rows)
    layer.share_eigenvalues([0, 1, 0, 1])
    torch.testing.assert_close(layer(rows), before)
    assert layer.eigenvalues.shape == (2,)
    assert layer.relevance()[0] == layer.relevance()[2]


def test_the_group_penalty_brings_exact_zeros(kind):
    layer, rows, plain, _ = kind
    if layer.gauge == "free":
        with pytest.raises(ValueError, match="gauge=unit"):
            Group(1.0, Constant()).prepare(layer)
        return
    group = Group(strength=1e9, schedule=Constant())
    group.prepare(layer)
    torch.testing.assert_close(layer(rows), plain(rows, layer.weight, layer.bias))
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.1)
    layer(rows).square().sum().backward()
    group.before_step(layer, optimizer, progress=0.5)
    assert not layer.relevance().any()


def test_a_path_takes_inputs_out_and_the_optimizer_goes_on(kind):
    layer, rows, _, _ = kind
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.1)
    path = Path(0.0, Constant(), n_final=2, start=0.0, end=0.5)
    for step in range(4):
        optimizer.zero_grad()
        layer(rows).square().sum().backward()
        optimizer.step()
        path.after_step(layer, optimizer, progress=step / 3, step=step, input_scale=None)
    assert layer.n_kept == 2
    moved = optimizer.param_groups[0]["params"]
    assert all(any(parameter is one for one in moved) for parameter in layer.parameters())
