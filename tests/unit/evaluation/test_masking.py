import torch
from torch import nn

from spectral_exp.evaluation.masking import masked_outputs, masking_counts
from spectral_exp.model.dense_mlp import DenseMLP


def test_counts_rise_to_all_inputs_and_include_the_one_asked_for():
    counts = masking_counts(784, also=50)
    assert counts == sorted(set(counts)) and counts[0] == 1 and counts[-1] == 784 and 50 in counts
    assert masking_counts(1) == [1]


def test_only_the_top_inputs_reach_the_model():
    model = DenseMLP(4, 1, hidden_features=())
    nn.init.zeros_(model.input_layer.bias)
    model.input_layer.weight.data = torch.tensor([[1.0, 10.0, 100.0, 1000.0]])
    rows = torch.tensor([[1.0, 1.0, float("nan"), 1.0]])
    masks = torch.tensor([[False, False, False, True], [True, False, False, True], [True, True, False, True]])
    assert [masked_outputs(model, rows, mask).item() for mask in masks] == [1000, 1001, 1011]
