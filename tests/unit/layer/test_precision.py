import pytest
import torch

from spectral_exp.layer.spectral_conv import SpectralConv2d
from spectral_exp.layer.spectral_gate import SpectralGate
from spectral_exp.layer.spectral_linear import SpectralLinear

LAYERS = {
    "linear": (lambda: SpectralLinear(64, 16, gauge="unit"), (32, 64)),
    "output eigenvalues": (lambda: SpectralLinear(64, 16, train_output_eigenvalues=True), (32, 64)),
    "convolution": (lambda: SpectralConv2d(5, 8, 3, gauge="unit"), (4, 5, 9, 9)),
    "gate": (lambda: SpectralGate((3, 6, 6), axes=(1, 2)), (4, 3, 6, 6)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_under_autocast_a_layer_computes_in_float32_and_hands_on_bfloat16(name):
    torch.manual_seed(0)
    make, shape = LAYERS[name]
    layer, inputs = make(), torch.randn(shape)
    exact = layer(inputs)
    exact.sum().backward()
    expected = {name: parameter.grad.clone() for name, parameter in layer.named_parameters()}
    layer.zero_grad()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        outputs = layer(inputs)
    assert outputs.dtype == torch.bfloat16
    assert torch.equal(outputs, exact.bfloat16())  # rounded once, at the end
    outputs.float().sum().backward()  # a gradient of ones, which bfloat16 holds exactly
    for name, parameter in layer.named_parameters():
        assert torch.equal(parameter.grad, expected[name]), name
