"""What is said before jobs are submitted to a cluster; tests/integration/test_slurm.py submits some."""

import pytest
from omegaconf import OmegaConf

from spectral_exp.errors import UserError
from spectral_exp.sweep.slurm import check_machine, check_tasks


@pytest.mark.parametrize(
    ("trainer", "launcher"),
    [
        ({"devices": 1}, {"tasks_per_node": 1, "nodes": 1}),
        ({"devices": 4, "num_nodes": 2}, {"tasks_per_node": 4, "nodes": 2}),
        ({"devices": [0, 3]}, {"tasks_per_node": 2, "nodes": 1}),
    ],
)
def test_one_task_per_device_is_accepted(trainer, launcher):
    check_tasks(OmegaConf.create(trainer), OmegaConf.create(launcher))


@pytest.mark.parametrize(
    ("trainer", "launcher", "message"),
    [
        ({"devices": 2}, {"tasks_per_node": 1, "nodes": 1}, "tasks_per_node=1, but trainer.devices=2: Slurm starts"),
        ({"devices": 1}, {"tasks_per_node": 8, "nodes": 1}, "tasks_per_node=8, but trainer.devices=1"),
        ({"devices": 1, "num_nodes": 2}, {"tasks_per_node": 1, "nodes": 1}, "nodes=1, but trainer.num_nodes=2"),
        ({"devices": "auto"}, {"tasks_per_node": 1, "nodes": 1}, "trainer.devices=auto: Slurm has to know how many"),
    ],
)
def test_anything_else_is_refused_with_both_settings_named(trainer, launcher, message):
    with pytest.raises(UserError) as refusal:
        check_tasks(OmegaConf.create(trainer), OmegaConf.create(launcher))
    assert message in str(refusal.value)


def test_a_machine_that_cannot_submit_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError, match="no sbatch on this machine"):
        check_machine()
