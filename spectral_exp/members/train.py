"""Train the jobs of a sweep as batches of networks, and leave the run folder of each as if it had been alone."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby

from omegaconf import DictConfig

from spectral_exp.counting import counted
from spectral_exp.dataset.data import Data
from spectral_exp.members.fit import BatchTraining
from spectral_exp.members.member import Member
from spectral_exp.members.open_job import OpenJob
from spectral_exp.members.packing import batch_key, bytes_of_data, bytes_of_network, data_key, shape_key, why_alone
from spectral_exp.settings import Settings
from spectral_exp.sweep.job import Job, JobEnd, end_so_far
from spectral_exp.tracking.console import EpochBar, quiet_lightning
from spectral_exp.training.training import load_data

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Packing:
    """How runs are put together.

    Attributes:
        memory: bytes that the networks of a batch and their data may take, about; at least one is trained.
        is_shared: networks of a batch on the same data see it in the same order, that of the first.
        has_figures: draw every run's figures.
    """

    memory: float
    is_shared: bool
    has_figures: bool


class JobBatches:
    """The jobs of a sweep, as many at a time as one batch of networks may hold.

    Args:
        jobs: with what their `conf/train.yaml` compose to.
        packing: how they are put together.
        started: is told of every job that is opened.
        ended: is told of every job that has ended, and how.
    """

    def __init__(
        self,
        jobs: Sequence[tuple[Job, DictConfig]],
        packing: Packing,
        started: Callable[[Job], None],
        ended: Callable[[Job, JobEnd], None],
    ) -> None:
        self._jobs = jobs
        self._data_keys = {job: data_key(config) for job, config in jobs}
        self._packing = packing
        self._started = started
        self._ended = ended
        self._data: dict[str, Data] = {}  # of the jobs that are open
        self._open: dict[Job, OpenJob] = {}

    def run(self) -> None:
        """Train all jobs; one that fails leaves the others alone.

        Raises:
            KeyboardInterrupt: on Ctrl-C, when all open jobs are closed; they can go on from their last checkpoint.
        """
        keys = {job: (batch_key(config), self._data_keys[job]) for job, config in self._jobs}
        in_order = sorted(self._jobs, key=lambda one: (*keys[one[0]], one[0].number))
        try:
            with quiet_lightning():
                for _, same in groupby(in_order, key=lambda one: keys[one[0]][0]):
                    waiting: Sequence[tuple[Job, DictConfig]] = list(same)
                    while waiting:
                        waiting = self._open_some(waiting)
                        self._train_open()
        except KeyboardInterrupt as error:
            for opened in list(self._open.values()):
                self._close(opened, opened.fail(error))
            raise

    def _open_some(self, waiting: Sequence[tuple[Job, DictConfig]]) -> Sequence[tuple[Job, DictConfig]]:
        """Open jobs until the memory is spent; give those that are left."""
        of_networks = of_one = 0
        self._data = {}
        for place, (job, config) in enumerate(waiting):
            data = list(self._data.values())
            key = self._data_keys[job]
            of_next = 0 if key in self._data else bytes_of_data(data[-1:])
            if self._open and bytes_of_data(data) + of_next + of_networks + of_one > self._packing.memory:
                return waiting[place:]
            self._started(job)
            try:
                opened = self._open[job] = OpenJob(job, config, partial(self._load, key))
            except Exception:  # its folder says what
                self._ended(job, end_so_far(job))
                continue
            of_one = bytes_of_network(opened.run)
            of_networks += of_one
        return []

    def _load(self, key: str, config: DictConfig, settings: Settings) -> Data:
        if key not in self._data:
            self._data[key] = load_data(config, settings)
        return self._data[key]

    def _train_open(self) -> None:
        together: dict[object, list[OpenJob]] = {}
        for opened in list(self._open.values()):
            reason = why_alone(opened.run)
            if reason is None:
                together.setdefault(shape_key(opened.run), []).append(opened)
            else:
                log.info(f"job {opened.job.number} is trained by itself: {reason}")
                self._close(opened, opened.train_alone())
        for same in together.values():
            self._train_together(same)

    def _train_together(self, jobs: Sequence[OpenJob]) -> None:
        owners: dict[Member, OpenJob] = {}
        on_device: dict[int, Data] = {}
        for opened in jobs:
            try:
                data, device = opened.run.data, opened.run.training.trainer.strategy.root_device
                if id(data) not in on_device:
                    on_device[id(data)] = replace(data, train=data.train.to(device), val=data.val.to(device))
                owners[Member(opened.run, opened.goes_on, on_device[id(data)])] = opened
            except Exception as error:
                self._close(opened, opened.fail(error))
        batches: dict[tuple[int, int], list[Member]] = {}
        for member, opened in owners.items():
            order = id(opened.run.data) if self._packing.is_shared else 0
            batches.setdefault((member.epochs_done, order), []).append(member)
        for members in batches.values():
            log.info(f"Training {counted(len(members), 'network')} as one")
            training = BatchTraining(members, self._packing.is_shared, EpochBar())
            try:
                for member in training.train():
                    share = round(training.seconds / len(members), 3)  # so that the members' seconds add up
                    self._close(owners[member], owners[member].end(share))
            except Exception as error:  # of a net that cannot be batched, or for want of memory
                log.info(f"{counted(len(training.members), 'network')} cannot go on as one: {error}")
                for member in training.members:
                    opened = owners[member]
                    self._close(opened, opened.fail(error) if training.has_begun else opened.train_alone())
            for member, failure in training.failed.items():
                self._close(owners[member], owners[member].fail(failure))

    def _close(self, opened: OpenJob, end: JobEnd) -> None:
        del self._open[opened.job]
        if end.state == "done" and self._packing.has_figures:
            opened.draw()
        self._ended(opened.job, end)
