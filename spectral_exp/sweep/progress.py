"""What the user sees while a sweep runs: one bar on a terminal, a few lines elsewhere."""

import logging
import time
from collections.abc import Mapping
from datetime import timedelta
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text
from typing_extensions import Self

from spectral_exp.counting import counted
from spectral_exp.report.paths import from_here
from spectral_exp.sweep.job import FINISHED, Job, JobEnd
from spectral_exp.tracking.run_folder import LOG

log = logging.getLogger(__name__)

LINES_WITHOUT_TERMINAL = 20
# The scores by which jobs are compared, and whether more is better; of the validation part, so that watching
# a sweep is no selection on the test part.
SCORES = {"val/accuracy": True, "val/mae": False}


class SweepProgress:
    """Show jobs done, running and failed, the best so far, and the time left.

    Args:
        n_jobs: how many jobs the sweep has.
        console: where to show it; standard error if None.
    """

    def __init__(self, n_jobs: int, console: Console | None = None) -> None:
        self._n_jobs = n_jobs
        self._n_before = self._n_running = self._n_done = self._n_failed = 0
        self._started = time.monotonic()
        self._best: tuple[float, str] | None = None
        self._console = console or Console(stderr=True, highlight=False)
        self._bar = Progress(
            TextColumn("{task.completed}/{task.total} jobs"),
            BarColumn(),
            TextColumn("{task.fields[numbers]}"),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("sweep", total=n_jobs, numbers="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def finished_before(self, ends: Mapping[Job, JobEnd]) -> None:
        """Count jobs that an earlier start of the sweep has finished.

        Args:
            ends: how they ended.
        """
        self._n_before += len(ends)
        for job, end in ends.items():
            self._compare(job, end.metrics)
        if ends:
            log.info(f"Finished before: {counted(len(ends), 'job')}")
        self._show()

    def started(self) -> None:
        """Count a job that starts."""
        self._n_running += 1
        self._show()

    def ended(self, job: Job, end: JobEnd) -> None:
        """Count a job that has ended.

        Args:
            job: the job.
            end: how it ended.
        """
        self._n_running -= 1
        if end.state in FINISHED:
            self._n_done += 1
            self._compare(job, end.metrics)
        else:
            self._n_failed += 1
            reason = f": {end.error}" if end.error else ""
            self._say(f"job {job.number} {end.state}{reason} ({from_here(job.folder / LOG)})")
        self._show()
        n_ended = self._n_ended()
        if not self._console.is_terminal and (
            n_ended % max(self._n_jobs // LINES_WITHOUT_TERMINAL, 1) == 0 or n_ended == self._n_jobs
        ):
            log.info(f"{n_ended}/{self._n_jobs} jobs  {self._numbers()}")

    def _n_ended(self) -> int:
        return self._n_before + self._n_done + self._n_failed

    def _compare(self, job: Job, metrics: Mapping[str, Any]) -> None:
        for name, more_is_better in SCORES.items():
            if name in metrics:
                value = float(metrics[name]) if more_is_better else -float(metrics[name])
                if self._best is None or value > self._best[0]:
                    self._best = (value, f"best {name} {abs(value):.4g} (job {job.number})")
                return

    def _say(self, line: str) -> None:
        if self._console.is_terminal:
            self._bar.console.print(Text(line, style="red"), soft_wrap=True)
        else:
            log.info(line)

    def _show(self) -> None:
        self._bar.update(self._task, completed=self._n_ended(), numbers=self._numbers())

    def _numbers(self) -> str:
        parts = [f"{self._n_running} running"] if self._n_running else []
        parts += [f"{self._n_failed} failed"] if self._n_failed else []
        parts += [self._best[1]] if self._best else []
        n_now, n_left = self._n_done + self._n_failed, self._n_jobs - self._n_ended()
        if n_now and n_left > 0:
            seconds = (time.monotonic() - self._started) / n_now * n_left
            parts += [f"about {timedelta(seconds=round(seconds))} left"]
        return "  ".join(parts)
