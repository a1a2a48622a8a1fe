import pytest
import torch
from torch import nn

from spectral_exp.evaluation.masking import masked_outputs, masking_counts, outputs_of_top
from spectral_exp.layer.basis_function.identity import Identity
from spectral_exp.layer.basis_function.square import Square
from spectral_exp.model.dense_mlp import DenseMLP
from spectral_exp.model.spectral_cnn import SpectralCNN
from spectral_exp.model.spectral_mlp import SpectralMLP


def test_counts_rise_to_all_inputs_and_include_the_one_asked_for():
    counts = masking_counts(784, also=50)
    assert counts == sorted(set(counts)) and counts[0] == 1 and counts[-1] == 784 and 50 in counts
    assert masking_counts(1) == [1]


def test_only_the_top_inputs_reach_the_model():
    model = nn.Linear(4, 1, bias=False)
    model.weight.data = torch.tensor([[1.0, 10.0, 100.0, 1000.0]])
    rows = torch.tensor([[1.0, 1.0, float("nan"), 1.0]])
    masks = torch.tensor([[False, False, False, True], [True, False, False, True], [True, True, False, True]])
    assert [masked_outputs(model, rows, mask).item() for mask in masks] == [1000, 1001, 1011]


def test_the_inputs_may_be_those_of_an_inner_layer():
    first, second = nn.Linear(2, 3), nn.Linear(3, 1, bias=False)
    rows, mask = torch.randn(5, 2), torch.tensor([True, False, False])
    expected = second(torch.where(mask, first(rows), 0.0))
    torch.testing.assert_close(masked_outputs(nn.Sequential(first, second), rows, mask, second), expected)


@pytest.mark.parametrize(
    "make",
    [
        lambda: SpectralMLP(16, 3, [5], gauge="unit"),
        lambda: SpectralMLP(16, 3, [5], train_output_eigenvalues=True),
        lambda: SpectralMLP(16, 3, [5], basis={"identity": Identity(), "square": Square()}),
        lambda: DenseMLP(16, 3, [5]),
        lambda: SpectralCNN((1, 4, 4), 3, channels=[2], hidden_features=[]),
    ],
)
@pytest.mark.parametrize("n_dropped", [0, 6])
def test_top_inputs_enter_one_after_the_other_as_if_the_rest_were_masked(make, n_dropped):
    torch.manual_seed(0)
    model = make().eval()
    if not isinstance(model, DenseMLP):
        layer = model.input_layer
        if n_dropped:
            layer.drop(torch.arange(16) < n_dropped, step=3)
    else:
        layer = SpectralMLP(16, 3, [5]).input_layer
        layer.set_weight(model.input_layer.weight, model.input_layer.bias)
    rows, ranking, counts = torch.randn(7, 16), torch.randperm(16), [1, 5, 16]
    outputs = list(outputs_of_top(model, rows, layer, ranking, counts))
    for count, found in zip(counts, outputs, strict=True):
        mask = layer.over_row(torch.argsort(ranking) < count)
        torch.testing.assert_close(found, masked_outputs(model, rows, mask, model.input_layer))
    torch.testing.assert_close(model(rows), outputs[-1])  # the layer is itself again
