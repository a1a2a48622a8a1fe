import pytest
import torch
from torch import nn

from spectral_exp.dataset.data import Part
from spectral_exp.evaluation.certificate import kkt_certificate, whole_gradient
from spectral_exp.layer.columns import Columns


def test_a_minimum_has_no_violation_and_a_moved_one_has():
    # min 1/2 (w - c)^2 + a |w| for three inputs: w = c shortened by a.
    center, strength = torch.tensor([[3.0, -2.0, 0.5]]), 1.0
    weight = torch.tensor([[2.0, -1.0, 0.0]])
    found = kkt_certificate(weight - center, weight, strength)
    assert found == {
        "n_nonzero": 2,
        "kkt_violation_kept": 0.0,
        "kkt_violation_dropped": 0.0,
        "kkt_violation_kept_relative": 0.0,
        "kkt_violation_dropped_relative": 0.0,
        "largest_gradient_norm": 1.0,
    }
    moved = torch.tensor([[2.25, -1.0, 0.0]])
    assert kkt_certificate(moved - center, moved, strength)["kkt_violation_kept"] == 0.25
    too_sparse = torch.tensor([[2.0, 0.0, 0.0]])
    found = kkt_certificate(too_sparse - center, too_sparse, strength=0.5)
    assert found["kkt_violation_dropped"] == 1.5 and found["kkt_violation_dropped_relative"] == 3.0


def test_nothing_kept_everything_kept_and_no_strength():
    gradient = torch.tensor([[3.0, 0.0], [4.0, 1.0]])
    nothing = kkt_certificate(gradient, torch.zeros(2, 2), strength=7.0)
    assert nothing["n_nonzero"] == 0 and nothing["largest_gradient_norm"] == 5.0
    assert nothing["kkt_violation_kept"] == nothing["kkt_violation_dropped"] == 0.0
    plain = kkt_certificate(gradient, torch.ones(2, 2), strength=0.0)
    assert plain["kkt_violation_kept"] == 5.0 and plain["kkt_violation_kept_relative"] is None


def test_a_group_has_the_root_of_its_size_times_the_strength_and_is_measured_by_the_input():
    columns = Columns(4, groups=torch.tensor([0, 0, 0, 1]))
    for group, single, violation in ((6.0, 7.0, 2.0), (9.0, 7.0, 4.0), (4.0, 5.0, 0.0)):
        gradient = torch.tensor([[group, group, group, single]])
        nothing = kkt_certificate(gradient, torch.zeros(1, 4), 5.0, columns)
        assert nothing["kkt_violation_dropped"] == pytest.approx(violation)
        assert nothing["largest_gradient_norm"] == pytest.approx(max(group, single))
        all_kept = kkt_certificate(gradient, -gradient, 5.0, columns)
        assert all_kept["kkt_violation_kept"] == pytest.approx(max(abs(group - 5.0), abs(single - 5.0)))


def test_what_is_always_kept_feels_no_strength():
    always_kept = Columns(4, groups=torch.tensor([0, 0, 0, 1]), always_kept=torch.arange(4) == 3)
    kept = kkt_certificate(torch.tensor([[6.0, 6.0, 6.0, 7.0]]), torch.full((1, 4), -1.0), 6.0, always_kept)
    assert kept["kkt_violation_kept"] == 7.0 and kept["largest_gradient_norm"] == pytest.approx(6.0)


def test_the_gradient_is_that_of_all_rows_at_once_and_dropout_rests(monkeypatch):
    monkeypatch.setattr("spectral_exp.dataset.rows.MOST_ROWS", 7)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 3)).double()
    part = Part(torch.randn(23, 4, dtype=torch.float64), torch.randint(3, (23,)))
    weight = model[0].weight
    found = whole_gradient(model, weight, nn.functional.cross_entropy, part)
    assert model.training and weight.grad is None
    model.eval()
    nn.functional.cross_entropy(model(part.inputs), part.targets).backward()
    torch.testing.assert_close(found, weight.grad)


@pytest.mark.parametrize("n_rows", [1, 8])
def test_it_works_where_gradients_are_switched_off(n_rows):
    model = nn.Linear(2, 1)
    with torch.no_grad():
        found = whole_gradient(
            model, model.weight, nn.functional.mse_loss, Part(torch.ones(n_rows, 2), torch.ones(n_rows, 1))
        )
    assert found.shape == (1, 2) and not found.requires_grad
