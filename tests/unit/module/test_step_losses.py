import pytest
import torch

from spectral_exp.module.step_losses import NONE, StepLosses


def noted(*steps):
    """Losses of steps 0, 1, ...; each step a loss, a penalty and a number of rows."""
    losses = StepLosses(torch.device("cpu"))
    for step, (loss, penalty, n_rows) in enumerate(steps):
        losses.add(torch.tensor(loss), torch.tensor(penalty), step, n_rows)
    return losses


def test_means_are_over_rows_however_often_one_looks():
    losses = noted((1.0, 0.5, 30), (2.0, 0.1, 10))
    assert losses.look() == NONE
    losses.add(torch.tensor(4.0), torch.tensor(0.3), 2, 20)
    assert losses.look() == NONE
    assert losses.n_rows == 60
    torch.testing.assert_close(losses.means(), (torch.tensor(130 / 60), torch.tensor(22 / 60)))


@pytest.mark.parametrize("bad", [(float("nan"), 0.0, 5), (1.0, float("inf"), 5)])
def test_the_first_step_that_is_not_finite_is_named(bad):
    assert noted((1.0, 0.0, 5), bad, bad).look() == 1


def test_a_noted_loss_keeps_no_graph():
    weight = torch.ones((), requires_grad=True)
    losses = StepLosses(torch.device("cpu"))
    losses.add(weight * 2, weight * 3, 0, 1)
    losses.look()
    assert not any(mean.requires_grad for mean in losses.means())
