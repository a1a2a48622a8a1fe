import pytest
from omegaconf import OmegaConf

from spectral_exp.errors import UserError
from spectral_exp.training.checks import refuse_other_training

TRAINED = {"dataset": {"path": "a.csv", "augmentation": None}, "groups": "auto", "trainer": {"max_epochs": 2}}


def go_on_with(**values):
    refuse_other_training(OmegaConf.create(TRAINED), OmegaConf.create(TRAINED | values))


def test_what_the_training_does_not_depend_on_may_differ_when_it_goes_on():
    go_on_with(
        trainer={"max_epochs": 4, "devices": 2}, dataset={"path": "moved/a.csv", "augmentation": None, "younger": 1}
    )
    go_on_with(dataset={"augmentation": None})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"groups": {"left": ["x1"]}},
            r"groups=\{'left': .*: this run was trained with auto; go on without it",
        ),
        ({"dataset": {"augmentation": {"flip": True}}}, r"dataset\.augmentation=.*: this run was trained with None"),
    ],
)
def test_a_node_in_place_of_a_value_is_another_training(values, message):
    with pytest.raises(UserError, match=message):
        go_on_with(**values)
