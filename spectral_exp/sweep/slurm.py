"""Jobs of a sweep in the queue of a cluster: Slurm, through submitit."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence

from hydra.plugins.launcher import Launcher
from omegaconf import DictConfig

from spectral_exp.errors import UserError

log = logging.getLogger(__name__)


def check_machine() -> None:
    """Make sure that jobs can be submitted from here.

    Raises:
        UserError: if they cannot.
    """
    if shutil.which("sbatch") is None:
        raise UserError(
            "hydra/launcher=submitit_slurm: no sbatch on this machine; start the sweep on a node that submits jobs"
        )


def check_tasks(trainer: DictConfig, launcher: DictConfig) -> None:
    """Make sure that Slurm starts as many processes as the trainer has devices.

    Args:
        trainer: a job's `trainer`.
        launcher: the sweep's `hydra.launcher`.

    Raises:
        UserError: if it does not.
    """
    devices = trainer.devices
    if isinstance(devices, str):
        raise UserError(
            f"trainer.devices={devices}: Slurm has to know how many processes to start; "
            "set trainer.devices and hydra.launcher.tasks_per_node to the same number"
        )
    n_devices = devices if isinstance(devices, int) else len(devices)
    for asked, needed, names in (
        (launcher.tasks_per_node, n_devices, ("tasks_per_node", "devices")),
        (launcher.nodes, trainer.get("num_nodes", 1), ("nodes", "num_nodes")),
    ):
        if asked != needed:
            raise UserError(
                f"hydra.launcher.{names[0]}={asked}, but trainer.{names[1]}={needed}: "
                "Slurm starts one process per device; set both to the same number"
            )


def submit(launcher: Launcher, job_overrides: Sequence[Sequence[str]], first: int) -> None:
    """Submit jobs and wait for them. What became of them is in their folders.

    Args:
        launcher: that of hydra-submitit-launcher.
        job_overrides: what each job is asked for.
        first: number of the first job.
    """
    from submitit.core.utils import UncompletedJobError

    logging.getLogger("submitit").setLevel(logging.ERROR)  # it warns at every look where Slurm keeps no accounts
    try:
        launcher.launch(job_overrides, first)
    except UncompletedJobError as error:
        reason = " ".join(str(error).split())
        log.warning(f"a job ended without a result, and the others are not waited for: {reason[:300]}")
