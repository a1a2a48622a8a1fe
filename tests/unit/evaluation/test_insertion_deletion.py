import pytest
import torch
from torch import nn

from spectral_exp.dataset.data import Part
from spectral_exp.evaluation.insertion_deletion import insertion_deletion


def accuracy(outputs, targets):
    return (outputs.argmax(1) == targets).float().mean().item()


@pytest.fixture
def net_and_rows():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3))
    inputs = torch.randn(50, 6)
    return model, Part(inputs, model.eval()(inputs).argmax(1))


def test_both_curves_are_those_of_rows_blanked_by_hand(net_and_rows):
    model, part = net_and_rows
    order = [4, 1, 0, 5, 2, 3]
    found = insertion_deletion(model.train(), part, torch.tensor(order), accuracy, range(1, 6))
    assert found.n_inputs == (0, 1, 2, 3, 4, 5, 6)
    for n in range(7):
        with_top, without_top = torch.zeros_like(part.inputs), part.inputs.clone()
        for feature in order[:n]:
            with_top[:, feature] = part.inputs[:, feature]
            without_top[:, feature] = 0
        assert found.insertion[n] == accuracy(model.eval()(with_top), part.targets)
        assert found.deletion[n] == accuracy(model.eval()(without_top), part.targets)


def test_the_area_is_that_of_the_trapezia_over_the_share_of_inputs(net_and_rows):
    model, part = net_and_rows
    found = insertion_deletion(model, part, torch.arange(6), accuracy, [2, 3])
    a, b, c, d = found.insertion  # at 0, 2, 3 and 6 of 6 inputs
    assert found.insertion_area == pytest.approx((a + b) / 2 * 2 / 6 + (b + c) / 2 / 6 + (c + d) / 2 * 3 / 6)
    a, b, c, d = found.deletion
    assert found.deletion_area == pytest.approx((a + b) / 2 * 2 / 6 + (b + c) / 2 / 6 + (c + d) / 2 * 3 / 6)


def test_the_ranking_of_what_the_net_reads_has_more_area_inserted_and_less_deleted():
    model = nn.Linear(4, 2)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[-1.0, -0.1, 0, 0], [1.0, 0.1, 0, 0]]))
        model.bias.zero_()
    inputs = torch.randn(200, 4, generator=torch.Generator().manual_seed(1))
    part = Part(inputs, model(inputs).argmax(1))
    good, bad = (
        insertion_deletion(model, part, torch.tensor(r), accuracy, [1, 2, 3]) for r in ([0, 1, 2, 3], [3, 2, 1, 0])
    )
    assert good.insertion_area > bad.insertion_area + 0.2 and good.deletion_area < bad.deletion_area - 0.2
