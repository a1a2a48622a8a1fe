"""A job of a sweep, from when its folder says that it runs to when it says how that ended."""

import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from omegaconf import DictConfig

from spectral_exp.dataset.data import Data
from spectral_exp.errors import UserError
from spectral_exp.report.figures import draw_figures
from spectral_exp.run import OpenRun, conclude, open_run
from spectral_exp.run_config import write_config
from spectral_exp.settings import Settings, read_settings
from spectral_exp.sweep.job import Job, JobEnd, can_go_on, end_so_far
from spectral_exp.tracking.run_folder import LOG
from spectral_exp.tracking.status import recorded_status

log = logging.getLogger(__name__)


class OpenJob:
    """One of several jobs that are open in a process.

    Args:
        job: the job.
        config: what its `conf/train.yaml` composes to.
        load: gives the data set.

    Attributes:
        job: as given.
        goes_on: an earlier start left something to go on from.
        run: put together, not trained yet.

    Raises:
        Exception: whatever keeps it from being put together; its folder says so.
    """

    def __init__(self, job: Job, config: DictConfig, load: Callable[[DictConfig, Settings], Data]) -> None:
        self.job = job
        self.goes_on = can_go_on(job)
        self._opened = _opened(job, config, load)
        with _logged(job):
            self.run = self._opened.__enter__()

    def train_alone(self) -> JobEnd:
        """Train it by itself, to its end.

        Returns:
            How it ended.

        Raises:
            KeyboardInterrupt: if it was interrupted.
        """
        try:
            with _logged(self.job):
                training = self.run.training
                seconds = training.fit(training.find_checkpoint() if self.goes_on else None)
        except BaseException as error:
            end = self.fail(error)
            if isinstance(error, Exception):
                return end
            raise
        return self.end(seconds)

    def end(self, seconds: float) -> JobEnd:
        """Rank, score and close, when its training is over.

        Args:
            seconds: what the training took.

        Returns:
            How it ended.
        """
        try:
            with _logged(self.job):
                metrics = conclude(self.run, seconds)
        except Exception as error:
            return self.fail(error)
        self._opened.__exit__(None, None, None)
        return JobEnd("done", metrics=metrics)

    def fail(self, error: BaseException) -> JobEnd:
        """Close, when something went wrong.

        Args:
            error: what.

        Returns:
            How it ended.
        """
        self._opened.__exit__(type(error), error, error.__traceback__)
        return end_so_far(self.job)

    def draw(self) -> None:
        """Draw the figures of a job that has ended well; without them it has, too."""
        try:
            with _logged(self.job):
                draw_figures(self.job.folder)
        except (UserError, OSError) as error:
            log.warning(f"job {self.job.number}: no figures ({error})")


@contextmanager
def _opened(job: Job, config: DictConfig, load: Callable[[DictConfig, Settings], Data]) -> Iterator[OpenRun]:
    with recorded_status(job.folder, list(job.overrides)):
        try:
            settings = read_settings(config)
            write_config(job.folder, config)
            with open_run(config, settings, job.folder, load) as run:
                yield run
        except Exception as error:
            if not isinstance(error, UserError):
                with (job.folder / LOG).open("a", encoding="utf-8") as log:
                    log.write("".join(traceback.format_exception(error)))
            raise


@contextmanager
def _logged(job: Job) -> Iterator[None]:
    """Let what is said of a job go to its own log."""
    logger = logging.getLogger("spectral_exp")
    job.folder.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(job.folder / LOG, encoding="utf-8")
    before, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()
        logger.propagate = before
