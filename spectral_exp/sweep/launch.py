"""Run the jobs of a sweep, some at a time, and let none take the others along."""

import logging
import time
from collections import deque
from collections.abc import Sequence

from spectral_exp.sweep.job import Job, JobEnd, end_after_exit, end_before_start, mark_end
from spectral_exp.sweep.job_process import SECONDS_BETWEEN_LOOKS, Interrupts, JobProcess, stop
from spectral_exp.sweep.progress import SweepProgress
from spectral_exp.sweep.starter import Starter
from spectral_exp.tracking.sweep_record import JobRecord, SweepRecord

log = logging.getLogger(__name__)

NOT_STARTED = JobEnd("waiting")


class Launch:
    """A set of jobs, from the first start to the last end.

    Jobs that an earlier start of the sweep has finished are left alone; those that it began go on.

    Args:
        jobs: the jobs.
        starter: starts them.
        progress: what the user sees.
        record: of the sweep; is kept up to date, in the sweep's folder too.
        fail_fast: whether the first job that fails stops the sweep.

    Raises:
        UserError: if a job's folder holds another job, or a job still runs.
    """

    def __init__(
        self, jobs: Sequence[Job], starter: Starter, progress: SweepProgress, record: SweepRecord, fail_fast: bool
    ) -> None:
        self._jobs = jobs
        self._starter = starter
        self._record = record
        self._fail_fast = fail_fast
        self._ends = {job: end for job in jobs if (end := end_before_start(job))}
        self._waiting = deque(job for job in jobs if job not in self._ends)
        self._running: dict[Job, JobProcess] = {}
        self._progress = progress

    def run(self) -> list[JobEnd]:
        """Run the jobs.

        Returns:
            How they ended, in their order.

        Raises:
            KeyboardInterrupt: on Ctrl-C, when all jobs have been stopped.
        """
        for job in self._jobs:
            self._note(job, self._ends.get(job, NOT_STARTED))
        self._write_record()
        self._progress.finished_before(self._ends)
        with Interrupts() as interrupts, self._progress:
            try:
                while (self._waiting or self._running) and not self._is_stopped():
                    interrupts.raise_if_any()
                    self._start_jobs()
                    self._collect_ends()
                    time.sleep(SECONDS_BETWEEN_LOOKS)
            finally:
                self._stop_jobs(interrupts)
        return [self._ends.get(job, NOT_STARTED) for job in self._jobs]

    def _is_stopped(self) -> bool:
        return self._fail_fast and any(end.state in ("failed", "killed") for end in self._ends.values())

    def _start_jobs(self) -> None:
        while self._waiting and len(self._running) < self._starter.n_jobs:
            job = self._waiting.popleft()
            self._progress.started()
            try:
                self._running[job] = self._starter.start(job)
            except OSError as error:  # no room for its folder, or for another process
                self._end(job, JobEnd("failed", f"{type(error).__name__}: {error}"))
            else:
                self._note(job, JobEnd("running"))
                self._write_record()

    def _collect_ends(self) -> None:
        for job, process in list(self._running.items()):
            code = process.exit_code()
            if code is not None:
                del self._running[job]
                self._end(job, end_after_exit(job, code))

    def _end(self, job: Job, end: JobEnd) -> None:
        self._starter.release(job)
        self._ends[job] = end
        self._note(job, end)
        self._write_record()
        self._progress.ended(job, end)

    def _stop_jobs(self, interrupts: Interrupts) -> None:
        stop(self._running.values(), interrupts)
        for job, process in self._running.items():
            end = end_after_exit(job, process.exit_code() or 0)
            if end.state == "killed":  # by us, before it could say anything
                end = mark_end(job, JobEnd("interrupted"))
            self._ends[job] = end
            self._note(job, end)
        self._write_record()

    def _note(self, job: Job, end: JobEnd) -> None:
        name = job.folder.relative_to(self._starter.sweep_folder).as_posix()
        self._record.jobs[name] = JobRecord(name, list(job.overrides), end.state, end.error)

    def _write_record(self) -> None:
        try:
            self._record.write(self._starter.sweep_folder)
        except OSError as error:  # the jobs may have room elsewhere
            log.warning(f"the record of the sweep is not up to date: {error}")
