import pytest
import torch
from torch import nn

from spectral_exp.layer.spectral_linear import SpectralLinear
from spectral_exp.model.dense_mlp import DenseMLP
from spectral_exp.model.hidden_layers import ACTIVATIONS
from spectral_exp.model.spectral_mlp import SpectralMLP

PAPER = {
    "hidden_features": [8, 6, 4],
    "activation": ["tanh", "relu", "relu"],
    "batch_norm": [True, False, False],
    "dropout": [0.2, 0.0, 0.0],
}


@pytest.mark.parametrize("gauge", ["free", "unit"])
@pytest.mark.parametrize("spectral_layers", ["first", "all"])
@pytest.mark.parametrize("initialization", ["kaiming_uniform", "xavier_uniform"])
def test_it_starts_as_the_dense_net_under_the_same_seed(gauge, spectral_layers, initialization):
    torch.manual_seed(0)
    dense = DenseMLP(5, 3, **PAPER, initialization=initialization).eval()
    torch.manual_seed(0)
    spectral = SpectralMLP(
        5, 3, **PAPER, initialization=initialization, gauge=gauge, spectral_layers=spectral_layers
    ).eval()
    rows = torch.randn(7, 5)
    torch.testing.assert_close(spectral(rows), dense(rows))


def test_the_layers_stand_in_the_order_of_the_paper():
    kinds = [type(layer) for layer in SpectralMLP(5, 3, **PAPER).layers]
    assert kinds == [
        *(SpectralLinear, nn.Tanh, nn.BatchNorm1d, nn.Dropout),
        *(nn.Linear, nn.ReLU),
        *(nn.Linear, nn.ReLU),
        nn.Linear,
    ]


def test_all_layers_are_spectral_when_asked():
    model = SpectralMLP(5, 3, [4, 4], spectral_layers="all")
    assert sum(isinstance(layer, SpectralLinear) for layer in model.layers) == 3


def test_rows_with_more_axes_are_flattened():
    assert SpectralMLP(12, 2, [4])(torch.zeros(5, 3, 4)).shape == (5, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hidden_features": [0]}, "hidden_features"),
        ({"dropout": 1.0}, "dropout"),
        ({"activation": "rleu"}, "activation must be one of relu"),
        ({"batch_norm": [True]}, "batch_norm must be one value or one per hidden layer"),
        ({"spectral_layers": "last"}, "spectral_layers"),
        ({"initialization": "zeros"}, "initialization"),
        ({"input_dropout": 1.0}, "input_dropout must be at least 0 and below 1"),
        ({"n_nets": 0}, "n_nets must be >= 1"),
        ({"n_nets": 2, "spectral_layers": "all"}, "n_nets must be 1 with spectral_layers=all"),
    ],
)
def test_bad_arguments_are_refused_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        SpectralMLP(**{"in_features": 2, "out_features": 2, "hidden_features": [3, 3], **arguments})


def test_the_vee_is_max_of_z_and_a_falling_line():
    z = torch.tensor([-2.0, 0.0, 3.0])
    assert torch.equal(ACTIVATIONS["vee"]()(z), torch.maximum(z, -0.4 * z))
