from types import SimpleNamespace

import pytest
from torch.nn import functional as F

from spectral_exp.evaluation.task_loss import task_loss

CLASSES, QUANTITY = (SimpleNamespace(name="toy", task=task) for task in ("classification", "regression"))


def test_a_task_has_a_loss_of_its_own_and_takes_others_that_fit():
    assert task_loss("auto", CLASSES) is F.cross_entropy
    assert task_loss("auto", QUANTITY) is F.mse_loss
    assert task_loss("l1", QUANTITY) is F.l1_loss


@pytest.mark.parametrize(
    ("name", "message"),
    [("mse", "loss=mse is for regression, but toy is a classification"), ("mea", "one of auto, cross_entropy")],
)
def test_a_loss_that_does_not_fit_or_exist_is_refused(name, message):
    with pytest.raises(ValueError, match=message):
        task_loss(name, CLASSES)
