import torch
from torch import nn

from spectral_exp.evaluation.masking import masked_outputs, masking_counts


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
