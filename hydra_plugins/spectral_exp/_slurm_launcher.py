"""The jobs of a sweep in the queue of a cluster."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from hydra_plugins.spectral_exp._launcher import JobLauncher

if TYPE_CHECKING:
    from spectral_exp.sweep.job import Job, JobEnd

log = logging.getLogger(__name__)


class CheckedSlurmLauncher(JobLauncher):
    """Has the jobs of a sweep submitted to Slurm by hydra-submitit-launcher, and waits for them.

    What Slurm or Lightning would say when a job has waited for its turn is said before anything is submitted.

    Args:
        submitit: the launcher of that package, set up.
    """

    def __init__(self, submitit: Launcher) -> None:
        super().__init__()
        self._submitit = submitit

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        from spectral_exp.sweep.slurm import check_machine

        super().setup(hydra_context=hydra_context, task_function=task_function, config=config)
        check_machine()

    def run(self, jobs: Sequence[Job]) -> Sequence[JobEnd]:
        from spectral_exp.report.paths import from_here
        from spectral_exp.sweep.job import JobEnd, end_before_start, end_so_far
        from spectral_exp.sweep.slurm import check_tasks, submit

        for place, job in enumerate(jobs):
            end_before_start(job)  # refuses the folder of another sweep
            if place == 0 or any(text.lstrip("+~").startswith("trainer") for text in job.overrides):
                check_tasks(self.trainer_of(job), self.config.hydra.launcher)
        self.note(jobs, [JobEnd("waiting")] * len(jobs))
        log.info(f"{len(jobs)} jobs for Slurm, in {from_here(self.sweep_folder)}")
        submit(self._submitit, [job.overrides for job in jobs], jobs[0].number)
        ends = [end_so_far(job) for job in jobs]
        self.note(jobs, ends)
        return ends
