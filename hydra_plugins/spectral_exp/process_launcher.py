"""Every job of a sweep as a process of its own."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from hydra_plugins.spectral_exp._launcher import JobLauncher

if TYPE_CHECKING:
    from spectral_exp.sweep.job import Job, JobEnd
    from spectral_exp.sweep.progress import SweepProgress

log = logging.getLogger(__name__)


class ProcessLauncher(JobLauncher):
    """Runs every job of a sweep as a process of its own, a single run of `spectral-train`.

    A job that fails or is killed leaves the others alone; one that is finished is not run again.

    Args:
        n_jobs: how many run at a time; None: one per GPU, else one per core as far as memory goes.
        devices: names of the GPUs to share out, as in CUDA_VISIBLE_DEVICES; None: all; []: leave them alone.
        fail_fast: stop at the first job that fails.
    """

    def __init__(self, n_jobs: int | None, devices: Sequence[Any] | None, fail_fast: bool) -> None:
        super().__init__()
        self._n_jobs_asked = n_jobs
        self._devices_asked = devices
        self._fail_fast = fail_fast
        self._progress: SweepProgress | None = None

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        from spectral_exp.sweep.checks import check_count
        from spectral_exp.sweep.resources import default_n_jobs, find_devices

        super().setup(hydra_context=hydra_context, task_function=task_function, config=config)
        asked = self._devices_asked
        self._devices = find_devices() if asked is None else [str(device) for device in asked]
        if self._n_jobs_asked is not None:
            check_count("hydra.launcher.n_jobs", self._n_jobs_asked)
        self.n_jobs = self._n_jobs_asked or default_n_jobs(self._devices)

    def run(self, jobs: Sequence[Job]) -> Sequence[JobEnd]:
        from spectral_exp.cli.composition import options_again
        from spectral_exp.report.paths import from_here
        from spectral_exp.sweep.command import program
        from spectral_exp.sweep.launch import Launch
        from spectral_exp.sweep.progress import SweepProgress
        from spectral_exp.sweep.starter import Starter

        starter = Starter(
            [*program(sys.argv[0]), *options_again(sys.argv[1:])],
            self.sweep_folder,
            list(self.config.hydra.overrides.hydra),
            self.n_jobs,
            self._devices,
            self._n_devices,
        )
        if self._progress is None:
            n_expected = self.n_expected or len(jobs)
            self._progress = SweepProgress(n_expected)
            log.info(f"{n_expected} jobs, at most {self.n_jobs} at a time, in {from_here(self.sweep_folder)}")
        return Launch(jobs, starter, self._progress, self.record, self._fail_fast).run()

    def _n_devices(self, job: Job) -> int:
        trainer = self.trainer_of(job)
        if trainer.accelerator == "cpu":
            return 0
        if isinstance(trainer.devices, int) and trainer.devices > 0:
            return trainer.devices
        return 1 if isinstance(trainer.devices, (str, int)) else len(trainer.devices)
