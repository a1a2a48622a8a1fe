import pytest
import torch
from torch.func import vmap
from torch.nn import functional as F

from spectral_exp.functional.spectral import spectral_linear
from spectral_exp.functional.stacked import StackedSpectralLinear
from spectral_exp.functional.transformed import stacked_nets

N_NETS, N_ROWS, N_OUT, N_IN = 3, 7, 4, 5


@pytest.mark.parametrize("inputs_axis", [0, 1, None], ids=["own", "rows first", "shared"])
@pytest.mark.parametrize("is_unit", [False, True], ids=["free", "unit"])
@pytest.mark.parametrize("has_bias", [True, False], ids=["bias", "no bias"])
def test_layers_in_a_stack_are_those_of_every_net(inputs_axis, is_unit, has_bias):
    torch.manual_seed(0)
    shape = {0: (N_NETS, N_ROWS, N_IN), 1: (N_ROWS, N_NETS, N_IN), None: (N_ROWS, N_IN)}[inputs_axis]
    inputs = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    factors = torch.randn(N_NETS, N_IN, dtype=torch.float64, requires_grad=True)
    vectors = torch.randn(N_NETS, N_OUT, N_IN, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(N_NETS, N_OUT, dtype=torch.float64, requires_grad=True) if has_bias else None
    parameters = [one for one in (inputs, factors, vectors, bias) if one is not None]

    def stacked(rows, *own):
        return spectral_linear(rows, *own, *[None] * (3 - len(own)), is_unit)

    with stacked_nets():
        outputs = vmap(stacked, in_dims=(inputs_axis, *[0] * (len(parameters) - 1)))(*parameters)

    phi = F.normalize(vectors, dim=1) if is_unit else vectors
    rows = inputs.expand(N_NETS, *shape) if inputs_axis is None else inputs.movedim(inputs_axis, 0)
    expected = rows @ (phi * factors[:, None]).transpose(1, 2)
    expected = expected + bias[:, None] if has_bias else expected
    torch.testing.assert_close(outputs, expected)
    of_outputs = torch.randn_like(outputs)
    found = torch.autograd.grad(outputs, parameters, of_outputs)
    torch.testing.assert_close(found, torch.autograd.grad(expected, parameters, of_outputs))
    assert found[2].is_contiguous(), "an optimizer runs through it in the order of the parameter"


def test_outside_of_vmap_there_is_nothing_to_stack():
    with pytest.raises(NotImplementedError, match="vmap over networks"):
        StackedSpectralLinear.apply(torch.ones(2, 3), torch.ones(3), torch.ones(4, 3), None)
