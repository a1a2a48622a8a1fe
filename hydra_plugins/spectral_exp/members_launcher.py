"""The jobs of a sweep as batches of networks, in this process."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from hydra_plugins.spectral_exp._launcher import JobLauncher

if TYPE_CHECKING:
    from spectral_exp.sweep.job import Job, JobEnd

log = logging.getLogger(__name__)


class MembersLauncher(JobLauncher):
    """Trains the jobs of a sweep in this process, as batches of networks.

    Args:
        memory_gb: what the networks of a batch and their data may take, about; jobs beyond it wait.
        shared_order: networks on the same data see it in the same order, which saves work.
        figures: draw the figures of every job.
    """

    def __init__(self, memory_gb: float, shared_order: bool, figures: bool) -> None:
        super().__init__()
        self._asked = (memory_gb, shared_order, figures)

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        from spectral_exp.sweep.checks import check_positive

        super().setup(hydra_context=hydra_context, task_function=task_function, config=config)
        check_positive("hydra.launcher.memory_gb", self._asked[0])

    def run(self, jobs: Sequence[Job]) -> Sequence[JobEnd]:
        from spectral_exp.cli.job_configs import job_configs
        from spectral_exp.members.train import JobBatches, Packing
        from spectral_exp.report.paths import from_here
        from spectral_exp.sweep.job import JobEnd, end_before_start
        from spectral_exp.sweep.progress import SweepProgress

        ends = {job: end_before_start(job) or JobEnd("waiting") for job in jobs}
        progress = SweepProgress(len(jobs))
        progress.finished_before({job: end for job, end in ends.items() if end.state != "waiting"})

        def started(job: Job) -> None:
            progress.started()
            self.note([job], [JobEnd("running")])

        def ended(job: Job, end: JobEnd) -> None:
            ends[job] = end
            progress.ended(job, end)
            self.note([job], [end])

        self.note(jobs, list(ends.values()))
        log.info(f"{len(jobs)} jobs in this process, in {from_here(self.sweep_folder)}")
        waiting = [job for job in jobs if ends[job].state == "waiting"]
        configs = job_configs(self.context.config_loader, self.config, waiting)
        memory_gb, is_shared, has_figures = self._asked
        packing = Packing(memory_gb * 2**30, is_shared, has_figures)
        JobBatches(list(zip(waiting, configs, strict=True)), packing, started, ended).run()
        return list(ends.values())
