"""Jobs of a sweep in the queue of a cluster: Slurm, through submitit."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from hydra.plugins.launcher import Launcher
from omegaconf import DictConfig

from spectral_exp.errors import UserError

log = logging.getLogger(__name__)

LAUNCHER = "hydra/launcher=submitit_slurm"


def submitit_launcher(parameters: Mapping[str, Any]) -> Launcher:
    """Make the launcher of hydra-submitit-launcher.

    Args:
        parameters: its arguments.

    Returns:
        The launcher.

    Raises:
        UserError: if it is not installed, or no jobs can be submitted from this machine.
    """
    try:
        from hydra_plugins.hydra_submitit_launcher.submitit_launcher import SlurmLauncher
    except ImportError as error:
        raise UserError(f"{LAUNCHER} needs pip install 'spectral_exp[slurm]'") from error
    if shutil.which("sbatch") is None:
        raise UserError(f"{LAUNCHER}: no sbatch on this machine; start the sweep on a node that submits jobs")
    launcher: Launcher = SlurmLauncher(**parameters)
    return launcher


def check_tasks(trainer: DictConfig, parameters: Mapping[str, Any]) -> None:
    """Make sure that Slurm starts as many processes as the trainer has devices.

    Args:
        trainer: a job's `trainer`.
        parameters: arguments of the launcher.

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
        (parameters["tasks_per_node"], n_devices, ("tasks_per_node", "devices")),
        (parameters["nodes"], trainer.get("num_nodes", 1), ("nodes", "num_nodes")),
    ):
        if asked != needed:
            raise UserError(
                f"hydra.launcher.{names[0]}={asked}, but trainer.{names[1]}={needed}: "
                "Slurm starts one process per device; set both to the same number"
            )


def submit(launcher: Launcher, job_overrides: Sequence[Sequence[str]], first: int) -> None:
    """Submit jobs and wait for them. What became of them is in their folders.

    Args:
        launcher: from `submitit_launcher`.
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
