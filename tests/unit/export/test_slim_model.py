import json

import numpy as np
import pytest
import torch
from torch import nn

from spectral_exp.dataset.data import Part
from spectral_exp.errors import UserError
from spectral_exp.export.comparison import in_units, largest_difference
from spectral_exp.export.slim_model import SlimModel, make_slim
from spectral_exp.layer.basis_function.identity import Identity
from spectral_exp.layer.basis_function.sine import Sine
from spectral_exp.layer.basis_function.square import Square
from spectral_exp.layer.spectral_linear import SpectralLinear
from spectral_exp.model.dense_mlp import DenseMLP
from spectral_exp.model.spectral_mlp import SpectralMLP

VERSIONS = {"torch": "2"}
BASIS = {"identity": Identity(), "square": Square(), "sine": Sine()}
MODELS = {
    "dense": (DenseMLP, {}),
    "free gauge": (SpectralMLP, {}),
    "unit gauge": (SpectralMLP, {"gauge": "unit"}),
    "all layers": (SpectralMLP, {"spectral_layers": "all", "train_output_eigenvalues": True}),
    "basis": (SpectralMLP, {"basis": BASIS, "gauge": "unit"}),
    "batch norm": (SpectralMLP, {"batch_norm": True, "dropout": 0.3, "activation": ["vee", "identity"]}),
    "side by side": (SpectralMLP, {"n_nets": 3}),
}


def part(rows):
    return Part(rows, torch.zeros(len(rows)))


@pytest.fixture(params=MODELS, ids=str)
def make_model(request, shaken):
    def make_model(n_outputs):
        kind, options = MODELS[request.param]
        return shaken(kind(9, n_outputs, [8, 6], **options))

    return make_model


def test_classes_are_those_of_the_network_with_all_other_inputs_at_zero(make_model, info, rows, kept):
    model = make_model(3)
    slim = make_slim(model, info(), kept, VERSIONS)
    in_table = rows.double().numpy() * info().input_divisor + info().input_shift
    masked = torch.where(torch.from_numpy(kept), rows, 0.0)
    with torch.no_grad():
        expected = model(masked).double().softmax(dim=1)
    found = slim(torch.from_numpy(in_table[:, kept]))
    assert found.dtype == torch.float64
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)
    assert (
        largest_difference(lambda given: slim(torch.from_numpy(given)).numpy(), model, info(), kept, part(rows)) < 1e-6
    )


def test_values_are_in_units_of_the_target(make_model, info, rows, kept):
    model, about = make_model(1), info("regression")
    slim = make_slim(model, about, kept, VERSIONS)
    with torch.no_grad():
        expected = model(torch.where(torch.from_numpy(kept), rows, 0.0)).double()[:, 0] * 3e3 + 2e5
    found = slim(in_units(rows, about)[:, kept])
    assert found.shape == (40,)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6 * 3e3)


def test_it_holds_plain_layers_alone(make_model, info, kept):
    kinds = {type(module) for module in make_slim(make_model(3), info(), kept, VERSIONS).layers}
    assert kinds <= {nn.Linear, nn.BatchNorm1d, nn.ReLU, nn.LeakyReLU}


@pytest.mark.parametrize("basis", [None, BASIS])
@pytest.mark.parametrize("groups", [None, [0, 1, 1, 0, 3, 4, 5, 6, 8]])
def test_inputs_that_the_layer_has_dropped_are_left_out_or_idle(groups, basis, info, rows, kept, shaken):
    model = shaken(SpectralMLP(9, 3, [8], gauge="unit", basis=basis))
    if groups:
        model.input_layer.share_eigenvalues(groups)
    dropped = torch.zeros(9, dtype=torch.bool)
    dropped[[1, 2, 7]] = True  # of which input 2 is asked for
    model.input_layer.drop(dropped, step=5)
    slim = make_slim(model, info(), kept, VERSIONS)
    assert slim.n_idle == 1
    assert slim.layers[0].weight[:, 1::5].eq(0).all()
    assert (
        largest_difference(lambda given: slim(torch.from_numpy(given)).numpy(), model, info(), kept, part(rows)) < 1e-6
    )


def test_another_input_or_another_scaling_is_noticed(info, rows, kept, shaken):
    model = shaken(SpectralMLP(9, 3, [8]))
    others = np.roll(kept, 1)
    wrong_columns = make_slim(model, info(), others, VERSIONS)
    unscaled = make_slim(model, info(scaled=False), kept, VERSIONS)
    for slim in (wrong_columns, unscaled):
        difference = largest_difference(
            lambda given, slim=slim: slim(torch.from_numpy(given)).numpy(), model, info(), kept, part(rows)
        )
        assert difference > 1e-2
    nothing = largest_difference(lambda given: np.full((len(given), 3), np.nan), model, info(), kept, part(rows))
    assert nothing == float("inf")


def test_a_large_offset_costs_no_digits(info, rows, kept, shaken):
    model, about = shaken(SpectralMLP(9, 1, [8])), info("regression")
    slim = make_slim(model, about, kept, VERSIONS)
    in_table = in_units(rows, about)[:, kept]
    exact = slim(in_table)
    rounded = slim(in_table.float().double())
    assert float((rounded - exact).abs().max()) > 1e-4 * about.target_scale  # what float32 rows would have cost


def test_the_description_tells_names_order_scaling_and_classes(info, kept, shaken):
    about = info()
    told = make_slim(shaken(SpectralMLP(9, 3, [8])), about, kept, VERSIONS).description
    assert told["input_names"] == ["column 0", "column 2", "column 3", "column 6", "column 8"]
    assert told["input_positions"] == [0, 2, 3, 6, 8]
    assert told["input_shift"] == about.input_shift[kept].tolist()
    assert told["input_divisor"] == about.input_divisor[kept].tolist()
    assert (told["n_features"], told["task"], told["class_names"]) == (9, "classification", ["a", "b", "c"])
    assert (told["outputs"], told["versions"]) == ("class probabilities", VERSIONS)
    assert [kind for kind, _ in told["layers"]] == ["Linear", "ReLU", "Linear"]
    SlimModel(json.loads(json.dumps(told)))  # plain values, enough to build the network again


def test_a_network_that_is_no_chain_of_known_layers_is_refused(info, kept):
    class Branched(nn.Module):
        input_layer = nn.Linear(9, 3)

    with pytest.raises(UserError, match="Branched cannot be exported: it is no chain of layers"):
        make_slim(Branched(), info(), kept, VERSIONS)
    model = SpectralMLP(9, 3, [8])
    model.layers.insert(1, nn.LayerNorm(8))
    with pytest.raises(UserError, match="layer 1 is a LayerNorm, expected one of Linear, Conv1d"):
        make_slim(model, info(), kept, VERSIONS)


def test_the_network_is_left_as_it_was(info, kept, shaken):
    model = shaken(SpectralMLP(9, 3, [8]))
    before = {name: values.clone() for name, values in model.state_dict().items()}
    make_slim(model, info(), kept, VERSIONS)
    assert isinstance(model.input_layer, SpectralLinear)
    assert all(values.requires_grad for values in model.parameters())
    assert all(torch.equal(values, before[name]) for name, values in model.state_dict().items())
