"""What launchers of a sweep's jobs share: the jobs' folders, the sweep's record, and what Hydra is told in the end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hydra.core.utils import JobReturn, JobStatus, configure_log, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, open_dict, read_write

if TYPE_CHECKING:
    from spectral_exp.sweep.job import Job, JobEnd
    from spectral_exp.tracking.sweep_record import SweepRecord


class JobLauncher(Launcher, ABC):
    """Runs jobs, each of which leaves a run folder; the sweep's record says what became of them.

    Attributes:
        n_jobs: how many run at a time, as far as a sweeper has to know.
        n_expected: jobs of all launches together, if a sweeper knows.
    """

    def __init__(self) -> None:
        self.n_jobs = 1
        self.n_expected: int | None = None
        self._record: SweepRecord | None = None  # read once: an optimiser launches many times

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.context = hydra_context
        self.config = config

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        setup_globals()
        configure_log(self.config.hydra.hydra_logging, self.config.hydra.verbose)
        jobs = _jobs(self.config, job_overrides, initial_job_idx)
        return [_job_return(self.config, job, end) for job, end in zip(jobs, self.run(jobs), strict=True)]

    @abstractmethod
    def run(self, jobs: Sequence[Job]) -> Sequence[JobEnd]:
        """Run jobs, and keep the record.

        Args:
            jobs: those that are done already among them.

        Returns:
            How each ended.
        """

    @property
    def sweep_folder(self) -> Path:
        """Where the folders of the jobs are."""
        return Path(self.config.hydra.sweep.dir).absolute()

    @property
    def record(self) -> SweepRecord:
        """The sweep's record: what was asked for, and the state of every job."""
        from spectral_exp.tracking.sweep_record import SweepRecord, read_sweep_record

        if self._record is None:
            self._record = read_sweep_record(self.sweep_folder) or SweepRecord([])
            self._record.overrides = [*self.config.hydra.overrides.task, *self.config.hydra.overrides.hydra]
        return self._record

    def note(self, jobs: Sequence[Job], ends: Sequence[JobEnd]) -> None:
        """Write into the sweep's record where jobs stand.

        Args:
            jobs: some of the sweep.
            ends: how each ended, or that it has not.
        """
        from spectral_exp.tracking.sweep_record import JobRecord

        for job, end in zip(jobs, ends, strict=True):
            name = job.folder.relative_to(self.sweep_folder).as_posix()
            self.record.jobs[name] = JobRecord(name, list(job.overrides), end.state, end.error)
        self.record.write(self.sweep_folder)

    def trainer_of(self, job: Job) -> DictConfig:
        """Compose the configuration of a job, which takes half a second.

        Args:
            job: the job.

        Returns:
            Its `trainer`.
        """
        return self.context.config_loader.load_sweep_config(self.config, list(job.overrides)).trainer


def _jobs(config: DictConfig, job_overrides: Sequence[Sequence[str]], first: int) -> list[Job]:
    from spectral_exp.sweep.job import Job

    jobs = []
    hydra = config.hydra
    sweep_folder = Path(hydra.sweep.dir).absolute()
    for number, overrides in enumerate(job_overrides, start=first):
        with read_write(hydra), open_dict(hydra):
            hydra.job.num = number
        jobs.append(Job(number, tuple(overrides), sweep_folder / str(hydra.sweep.subdir)))
    return jobs


def _job_return(config: DictConfig, job: Job, end: JobEnd) -> JobReturn:
    from spectral_exp.sweep.job import FINISHED

    result = JobReturn(overrides=list(job.overrides), working_dir=str(job.folder), task_name=config.hydra.job.name)
    is_finished = end.state in FINISHED
    result.status = JobStatus.COMPLETED if is_finished else JobStatus.FAILED
    error = RuntimeError(f"job {job.number} {end.state}: {end.error}")
    result.return_value = end.metrics if is_finished else error
    return result
