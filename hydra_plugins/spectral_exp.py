"""Hydra's plug-ins of spectral_exp: how a sweep's jobs are chosen, and how they are run.

Hydra looks for plug-ins in this namespace only, and every Hydra program of the environment imports what is in it.
So nothing of spectral_exp is imported before a plug-in is used, and no option is added to anybody's configs:
those that name these classes are in our own `conf/hydra/`.
"""

from __future__ import annotations

import copy
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, OverrideType
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn, JobStatus, configure_log, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

if TYPE_CHECKING:
    from spectral_exp.sweep.job import Job, JobEnd
    from spectral_exp.sweep.progress import SweepProgress
    from spectral_exp.tracking.sweep_record import SweepRecord

log = logging.getLogger(__name__)


class ProcessLauncher(Launcher):
    """Runs every job of a sweep as a process of its own, a single run of `spectral-train`.

    A job that fails or is killed leaves the others alone; one that is finished is not run again.

    Args:
        n_jobs: how many run at a time; None: one per GPU, else one per core as far as memory goes.
        devices: names of the GPUs to share out, as in CUDA_VISIBLE_DEVICES; None: all; []: leave them alone.
        fail_fast: stop at the first job that fails.
    """

    def __init__(self, n_jobs: int | None, devices: Sequence[Any] | None, fail_fast: bool) -> None:
        self._n_jobs_asked = n_jobs
        self._devices_asked = devices
        self._fail_fast = fail_fast
        self.n_expected: int | None = None  # jobs of all launches together, if a sweeper knows
        self._record: SweepRecord | None = None
        self._progress: SweepProgress | None = None

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        from spectral_exp.sweep.resources import default_n_jobs, find_devices

        self._context = hydra_context
        self._config = config
        asked = self._devices_asked
        self._devices = find_devices() if asked is None else [str(device) for device in asked]
        if self._n_jobs_asked is not None:
            _check_count("hydra.launcher.n_jobs", self._n_jobs_asked)
        self.n_jobs = self._n_jobs_asked or default_n_jobs(self._devices)

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        from spectral_exp.cli.composition import options_again
        from spectral_exp.report.paths import from_here
        from spectral_exp.sweep.command import program
        from spectral_exp.sweep.launch import Launch
        from spectral_exp.sweep.progress import SweepProgress
        from spectral_exp.sweep.starter import Starter

        setup_globals()
        hydra = self._config.hydra
        configure_log(hydra.hydra_logging, hydra.verbose)
        sweep_folder = Path(hydra.sweep.dir).absolute()
        sweep_folder.mkdir(parents=True, exist_ok=True)
        jobs = _jobs(self._config, job_overrides, initial_job_idx)
        starter = Starter(
            [*program(sys.argv[0]), *options_again(sys.argv[1:])],
            sweep_folder,
            list(hydra.overrides.hydra),
            self.n_jobs,
            self._devices,
            self._n_devices,
        )
        if self._progress is None:
            self._progress = SweepProgress(self.n_expected or len(jobs))
            log.info(
                f"{self.n_expected or len(jobs)} jobs, at most {self.n_jobs} at a time, in {from_here(sweep_folder)}"
            )
        if self._record is None:  # read once: an optimiser launches many times
            self._record = _record_of(self._config)
        ends = Launch(jobs, starter, self._progress, self._record, self._fail_fast).run()
        return _job_returns(self._config, jobs, ends)

    def _n_devices(self, job: Job) -> int:
        # a job's config is composed for this alone: it takes half a second
        trainer = _trainer_of(self._context, self._config, job)
        if trainer.accelerator == "cpu":
            return 0
        if isinstance(trainer.devices, int) and trainer.devices > 0:
            return trainer.devices
        return 1 if isinstance(trainer.devices, (str, int)) else len(trainer.devices)


class MembersLauncher(Launcher):
    """Trains the jobs of a sweep in this process, as batches of networks.

    Args:
        memory_gb: what the networks of a batch and their data may take, about; jobs beyond it wait.
        shared_order: networks on the same data see it in the same order, which saves work.
        figures: draw the figures of every job.
    """

    def __init__(self, memory_gb: float, shared_order: bool, figures: bool) -> None:
        self._asked = (memory_gb, shared_order, figures)
        self._record: SweepRecord | None = None

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self._context = hydra_context
        self._config = config
        _check_positive("hydra.launcher.memory_gb", self._asked[0])

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        from spectral_exp.members.train import JobBatches, Packing
        from spectral_exp.report.paths import from_here
        from spectral_exp.sweep.job import JobEnd, end_before_start
        from spectral_exp.sweep.progress import SweepProgress

        setup_globals()
        hydra = self._config.hydra
        configure_log(hydra.hydra_logging, hydra.verbose)
        sweep_folder = Path(hydra.sweep.dir).absolute()
        jobs = _jobs(self._config, job_overrides, initial_job_idx)
        ends = {job: end_before_start(job) or JobEnd("waiting") for job in jobs}
        if self._record is None:
            self._record = _record_of(self._config)
        record, progress = self._record, SweepProgress(len(jobs))
        progress.finished_before({job: end for job, end in ends.items() if end.state != "waiting"})

        def started(job: Job) -> None:
            progress.started()
            _note(record, [job], [JobEnd("running")], sweep_folder)

        def ended(job: Job, end: JobEnd) -> None:
            ends[job] = end
            progress.ended(job, end)
            _note(record, [job], [end], sweep_folder)

        _note(record, jobs, list(ends.values()), sweep_folder)
        log.info(f"{len(jobs)} jobs in this process, in {from_here(sweep_folder)}")
        waiting = [job for job in jobs if ends[job].state == "waiting"]
        configs = _job_configs(self._context, self._config, waiting)
        memory_gb, is_shared, has_figures = self._asked
        packing = Packing(memory_gb * 2**30, is_shared, has_figures)
        JobBatches(list(zip(waiting, configs, strict=True)), packing, started, ended).run()
        return _job_returns(self._config, jobs, list(ends.values()))


class CheckedSlurmLauncher(Launcher):
    """Has the jobs of a sweep submitted to Slurm by hydra-submitit-launcher, and waits for them.

    What Slurm or Lightning would say when a job has waited for its turn is said before anything is submitted.

    Args:
        submitit: the launcher of that package, set up.
    """

    def __init__(self, submitit: Launcher) -> None:
        self._submitit = submitit

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        from spectral_exp.sweep.slurm import check_machine

        self._context = hydra_context
        self._config = config
        check_machine()

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        from spectral_exp.report.paths import from_here
        from spectral_exp.sweep.job import JobEnd, end_before_start, end_so_far
        from spectral_exp.sweep.slurm import check_tasks, submit

        setup_globals()
        configure_log(self._config.hydra.hydra_logging, self._config.hydra.verbose)
        sweep_folder = Path(self._config.hydra.sweep.dir).absolute()
        jobs = _jobs(self._config, job_overrides, initial_job_idx)
        for place, job in enumerate(jobs):
            end_before_start(job)  # refuses the folder of another sweep
            if place == 0 or any(text.lstrip("+~").startswith("trainer") for text in job.overrides):
                check_tasks(_trainer_of(self._context, self._config, job), self._config.hydra.launcher)
        record = _record_of(self._config)
        _note(record, jobs, [JobEnd("waiting")] * len(jobs), sweep_folder)
        log.info(f"{len(jobs)} jobs for Slurm, in {from_here(sweep_folder)}")
        submit(self._submitit, job_overrides, initial_job_idx)
        ends = [end_so_far(job) for job in jobs]
        _note(record, jobs, ends, sweep_folder)
        return _job_returns(self._config, jobs, ends)


class GridSweeper(Sweeper):
    """Runs every combination of values, or values side by side.

    Args:
        params: values to sweep over by key, as on the command line, which replaces them: `{seed: "0,1,2"}`.
        combined: keys of which every combination is run, the others being paired; None: all keys.
    """

    def __init__(self, params: DictConfig, combined: Sequence[str] | None) -> None:
        self._params = params
        self._combined = combined

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self._context = hydra_context
        self._config = config
        self._launcher = _make_launcher(hydra_context, task_function, config)

    def sweep(self, arguments: list[str]) -> Sequence[JobReturn]:
        from spectral_exp.errors import UserError
        from spectral_exp.sweep.combinations import combinations

        values = {}
        for key, override in _overrides(self._context, self._params, arguments).items():
            if override.is_sweep_override() and not override.is_discrete_sweep():
                raise UserError(f"{override.input_line}: an interval is for a search; name values, or use range()")
            values[key] = [f"{key}={text}" for text in _texts(override)]
        jobs = list(combinations(values, self._combined))
        _make_folder(self._config)
        results = self._launcher.launch(jobs, initial_job_idx=0)
        _refuse_unfinished(results)
        return results


class OptunaSweeper(Sweeper):
    """Searches by Optuna, in batches of as many jobs as run at a time.

    Args:
        params: what to search over by key, as on the command line, which replaces it.
        objectives: `maximize`, `minimize` or null (no objective), by metric of a finished run.
        n_trials: how many trials in total, those of earlier starts included.
        seed: of the choices.
    """

    def __init__(self, params: DictConfig, objectives: DictConfig, n_trials: int, seed: int) -> None:
        self._params = params
        self._objectives = {str(metric): str(direction) for metric, direction in objectives.items() if direction}
        self._n_trials = n_trials
        self._seed = seed

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self._context = hydra_context
        self._config = config
        self._launcher = _make_launcher(hydra_context, task_function, config)

    def sweep(self, arguments: list[str]) -> Sequence[JobReturn]:
        from spectral_exp.sweep.search import Search

        _check_count("hydra.sweeper.n_trials", self._n_trials)
        overrides = _overrides(self._context, self._params, arguments)
        search = Search(_make_folder(self._config), overrides, self._objectives, self._seed)
        n_at_a_time = 1
        if isinstance(self._launcher, ProcessLauncher):
            n_at_a_time, self._launcher.n_expected = self._launcher.n_jobs, max(self._n_trials, search.n_trials)
        results: list[JobReturn] = []
        while len(results) < max(self._n_trials, search.n_trials):
            n_open = search.n_trials - len(results)  # of an earlier start; the finished ones are not run again
            if not n_open:
                search.ask(min(n_at_a_time, self._n_trials - len(results)))
            batch = self._launcher.launch(search.jobs(len(results)), initial_job_idx=len(results))
            for number, result in enumerate(batch, start=len(results)):
                if result.status == JobStatus.COMPLETED:
                    search.tell(number, result.return_value)
            results += batch
        for number, values in search.front():
            log.info(f"job {number} is best at " + ", ".join(f"{name} {value:.4g}" for name, value in values.items()))
        _refuse_unfinished(results)
        return results


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


def _record_of(config: DictConfig) -> SweepRecord:
    from spectral_exp.tracking.sweep_record import SweepRecord, read_sweep_record

    record = read_sweep_record(Path(config.hydra.sweep.dir)) or SweepRecord([])
    record.overrides = [*config.hydra.overrides.task, *config.hydra.overrides.hydra]
    return record


def _note(record: SweepRecord, jobs: Sequence[Job], ends: Sequence[JobEnd], sweep_folder: Path) -> None:
    from spectral_exp.tracking.sweep_record import JobRecord

    for job, end in zip(jobs, ends, strict=True):
        name = job.folder.relative_to(sweep_folder).as_posix()
        record.jobs[name] = JobRecord(name, list(job.overrides), end.state, end.error)
    record.write(sweep_folder)


def _job_configs(context: HydraContext, config: DictConfig, jobs: Sequence[Job]) -> list[DictConfig]:
    """The configurations of jobs; composed anew only where they choose differently, for that takes half a second."""
    from hydra.core.hydra_config import HydraConfig

    from spectral_exp.errors import UserError

    parser = OverridesParser.create(config_loader=context.config_loader)
    composed: dict[tuple[str, ...], DictConfig] = {}
    configs = []
    before = HydraConfig.instance().cfg
    for job in jobs:
        overrides = parser.parse_overrides(list(job.overrides))
        values = {one.key_or_group: one.value() for one in overrides if _sets_value(context, one)}
        choices = tuple(one.input_line or "" for one in overrides if not _sets_value(context, one))
        key = (*choices, *values)
        if key not in composed:
            composed[key] = context.config_loader.load_sweep_config(config, list(job.overrides))
        own = copy.deepcopy(composed[key])
        HydraConfig.instance().set_config(own)
        with read_write(own.hydra):
            own.hydra.job.num = job.number
        with read_write(own), open_dict(own):
            for name, value in values.items():
                OmegaConf.update(own, name, value, merge=False)
            del own["hydra"]
            OmegaConf.resolve(own)
        trainer = own.trainer
        if (trainer.devices not in (1, "1") and not _is_single(trainer.devices)) or trainer.get("num_nodes", 1) != 1:
            raise UserError(
                f"trainer.devices={trainer.devices}: hydra/launcher=members trains on one device; take "
                "hydra/launcher=process for several"
            )
        configs.append(own)
    HydraConfig.instance().cfg = before
    return configs


def _sets_value(context: HydraContext, override: Override) -> bool:
    is_plain = override.type == OverrideType.CHANGE and override.package is None
    return is_plain and not context.config_loader.get_group_options(override.key_or_group)


def _is_single(devices: Any) -> bool:
    return OmegaConf.is_list(devices) and len(devices) == 1


def _trainer_of(context: HydraContext, config: DictConfig, job: Job) -> DictConfig:
    return context.config_loader.load_sweep_config(config, list(job.overrides)).trainer


def _job_returns(config: DictConfig, jobs: Sequence[Job], ends: Sequence[JobEnd]) -> list[JobReturn]:
    from spectral_exp.sweep.job import FINISHED

    results = []
    for job, end in zip(jobs, ends, strict=True):
        result = JobReturn(overrides=list(job.overrides), working_dir=str(job.folder), task_name=config.hydra.job.name)
        is_finished = end.state in FINISHED
        result.status = JobStatus.COMPLETED if is_finished else JobStatus.FAILED
        error = RuntimeError(f"job {job.number} {end.state}: {end.error}")
        result.return_value = end.metrics if is_finished else error
        results.append(result)
    return results


def _make_launcher(context: HydraContext, task_function: TaskFunction, config: DictConfig) -> Launcher:
    launcher = Plugins.instance().instantiate_launcher(
        hydra_context=context, task_function=task_function, config=config
    )
    if config.hydra.launcher._target_.endswith("submitit_launcher.SlurmLauncher"):
        launcher = CheckedSlurmLauncher(launcher)
        launcher.setup(hydra_context=context, task_function=task_function, config=config)
    return launcher


def _overrides(context: HydraContext, params: DictConfig, arguments: Sequence[str]) -> dict[str, Override]:
    # by key; what is typed replaces what a file says
    parser = OverridesParser.create(config_loader=context.config_loader)
    texts = [*(f"{key}={value}" for key, value in params.items()), *arguments]
    return {override.get_key_element(): override for override in parser.parse_overrides(texts)}


def _check_count(key: str, value: Any) -> None:
    from spectral_exp.errors import UserError

    if not isinstance(value, int) or value < 1:
        raise UserError(f"{key} must be a whole number >= 1, got {value!r}")


def _check_positive(key: str, value: Any) -> None:
    from spectral_exp.errors import UserError

    if not isinstance(value, (int, float)) or not value > 0:
        raise UserError(f"{key} must be > 0, got {value!r}")


def _texts(override: Override) -> Sequence[str]:
    if override.is_sweep_override():
        return list(override.sweep_string_iterator())
    return [override.get_value_element_as_str()]


def _make_folder(config: DictConfig) -> Path:
    folder = Path(config.hydra.sweep.dir).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    OmegaConf.save(config, folder / "multirun.yaml")
    return folder


def _refuse_unfinished(results: Sequence[JobReturn]) -> None:
    from spectral_exp.errors import UnfinishedSweepError

    n_unfinished = sum(result.status != JobStatus.COMPLETED for result in results)
    if n_unfinished:
        raise UnfinishedSweepError(f"{n_unfinished} of {len(results)} jobs did not finish")
