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
    ranking = torch.tensor([3, 0, 1, 2])
    assert [outputs.item() for outputs in masked_outputs(model, rows, ranking, [1, 2, 3])] == [1000, 1001, 1011]
