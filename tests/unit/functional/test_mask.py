import torch

from spectral_exp.functional.mask import blank, scatter

MASK = torch.tensor([True, False, True])


def test_scatter_places_kept_values_and_fills_the_rest():
    assert scatter(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), MASK).tolist() == [[1, 0, 2], [3, 0, 4]]
    assert scatter(torch.tensor([1.0, 2.0]), MASK, fill=-1).tolist() == [1, -1, 2]


def test_blank_keeps_nan_and_infinity_of_dropped_inputs_out():
    rows = torch.tensor([[1.0, float("nan"), 2.0], [1.0, float("inf"), 2.0]])
    assert blank(rows, MASK).tolist() == [[1, 0, 2], [1, 0, 2]]
