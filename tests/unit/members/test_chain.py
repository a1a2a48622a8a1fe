from copy import deepcopy

import pytest
import torch
from torch.func import functional_call, stack_module_state
from torch.nn import functional as F

from spectral_exp.layer.basis_function.square import Square
from spectral_exp.members.chain import Chain, is_chain
from spectral_exp.members.dropout import give_dropout
from spectral_exp.model.dense_mlp import DenseMLP
from spectral_exp.model.spectral_cnn import SpectralCNN
from spectral_exp.model.spectral_mlp import SpectralMLP

N_NETS, N_ROWS = 3, 6
MODELS = {
    "free": lambda: SpectralMLP(5, 2, [4]),
    "unit": lambda: SpectralMLP(5, 2, [4], gauge="unit", activation="gelu"),
    "all layers": lambda: SpectralMLP(5, 2, [4, 3], spectral_layers="all", activation=["tanh", "vee"]),
    "norms": lambda: SpectralMLP(5, 2, [4, 3], batch_norm=[True, False]),
    "linear": lambda: SpectralMLP(5, 1, []),
    "dense": lambda: DenseMLP(5, 2, [4]),
}


@pytest.mark.parametrize("is_shared", [False, True], ids=["own rows", "shared rows"])
@pytest.mark.parametrize("kind", MODELS)
def test_a_chain_gives_outputs_gradients_and_running_means_of_every_net(kind, is_shared):
    torch.manual_seed(0)
    models = [MODELS[kind]().double() for _ in range(N_NETS)]
    parameters, buffers = stack_module_state(models)
    inputs = torch.randn(*[N_NETS] * (not is_shared), N_ROWS, 5, dtype=torch.float64)
    of_nets = [inputs] * N_NETS if is_shared else inputs
    assert is_chain(models[0])
    chain = Chain(deepcopy(models[0]))

    outputs = functional_call(chain, {**parameters, **buffers}, (inputs,))

    expected = torch.stack([model(rows) for model, rows in zip(models, of_nets, strict=True)])
    torch.testing.assert_close(outputs, expected)
    weights = torch.randn_like(outputs)
    found = torch.autograd.grad((outputs * weights).sum(), list(parameters.values()))
    of_models = [dict(model.named_parameters()) for model in models]
    wanted = torch.autograd.grad((expected * weights).sum(), [own[name] for name in parameters for own in of_models])
    torch.testing.assert_close(
        torch.cat([one.flatten() for one in found]), torch.cat([one.flatten() for one in wanted])
    )
    for name, stacked in buffers.items():
        torch.testing.assert_close(stacked, torch.stack([dict(model.named_buffers())[name] for model in models]))


def test_dropouts_of_a_chain_take_masks_of_every_net():
    torch.manual_seed(0)
    model = SpectralMLP(5, 2, [4], dropout=0.5, input_dropout=0.5)
    dropouts = give_dropout(model)
    chain = Chain(model)
    values, _ = stack_module_state([SpectralMLP(5, 2, [4], dropout=0.5) for _ in range(N_NETS)])
    rows = torch.randn(N_ROWS, 5)
    functional_call(chain, values, (rows,))
    assert [one.shape for one in dropouts] == [(5,), (4,)]
    masks = [torch.rand(N_NETS, N_ROWS, *one.shape) for one in dropouts]
    for one, mask in zip(dropouts, masks, strict=True):
        one.mask = mask
    outputs = functional_call(chain, values, (rows,))
    for net in range(N_NETS):
        weight = values["layers.0.raw_eigenvectors"][net] * values["layers.0.eigenvalues"][net]
        hidden = F.relu(F.linear(rows * masks[0][net], weight, values["layers.0.bias"][net])) * masks[1][net]
        expected = F.linear(hidden, values["layers.3.weight"][net], values["layers.3.bias"][net])
        torch.testing.assert_close(outputs[net], expected)


@pytest.mark.parametrize(
    "model",
    [
        SpectralMLP(5, 2, [4], n_nets=2),
        SpectralMLP(5, 2, [4], basis={"square": Square()}),
        SpectralMLP(5, 2, [4], train_output_eigenvalues=True),
        SpectralCNN((1, 8, 8), 2, [4], channels=[2]),
    ],
    ids=["side by side", "basis", "output eigenvalues", "convolutions"],
)
def test_other_networks_are_no_chain(model):
    assert not is_chain(model)


def test_a_layer_of_groups_is_no_chain():
    model = SpectralMLP(5, 2, [4])
    model.input_layer.share_eigenvalues([0, 0, 1, 2, 3])
    assert not is_chain(model)
