"""One run: from a configuration to a ranking, a mask and the rest of a run folder."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from spectral_exp.build import build, build_all
from spectral_exp.counting import counted
from spectral_exp.dataset.data import Data
from spectral_exp.rank_processes import other_ranks
from spectral_exp.run_config import read_config, write_config
from spectral_exp.selection.selection import Selection
from spectral_exp.settings import Settings, read_settings
from spectral_exp.tracking.console import quiet_lightning
from spectral_exp.tracking.path_weights import PathWeights
from spectral_exp.tracking.results import write_dataset
from spectral_exp.tracking.rich_logger import RichLogger
from spectral_exp.tracking.run_folder import METRICS, write_json
from spectral_exp.tracking.status import is_first_process, recorded_status
from spectral_exp.training.checks import check_config, refuse_other_training, warn_of_few_steps
from spectral_exp.training.choosing import check_selection, choice_metrics, choose_inputs
from spectral_exp.training.ranked_inputs import write_ranked_inputs
from spectral_exp.training.refit import check_refit, refit
from spectral_exp.training.strength_search import check_target, find_strength
from spectral_exp.training.training import Training, changed, load_data, prepare_training

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class OpenRun:
    """A run that is put together and not trained yet.

    Attributes:
        config: what `conf/train.yaml` composes to.
        data: the data set.
        selection: the rule that turns relevance into a mask.
        training: what trains, on what, in the run folder.
    """

    config: DictConfig
    data: Data
    selection: Selection
    training: Training


def run(config: DictConfig, folder: Path, overrides: list[str] | None = None) -> dict[str, Any]:
    """Train a model, rank its inputs, and write the run folder.

    Args:
        config: what `conf/train.yaml` composes to.
        folder: the run folder; with `config.resume` the one to go on in.
        overrides: what was asked for on the command line, for the record.

    Returns:
        The final metrics, as in `metrics.json`.

    Raises:
        UserError: if the configuration or the data cannot work.
        TrainingDivergedError: if the loss became NaN or infinite.
        RankFailedError: if another process of the run ended badly.
    """
    is_first = is_first_process()
    with recorded_status(folder, overrides or []) if is_first else nullcontext(), quiet_lightning():
        settings = read_settings(config)
        if is_first and not settings.resume:  # from here on a killed run can be resumed
            write_config(folder, config)
        before = read_config(folder) if is_first and settings.resume else None
        with other_ranks(config, folder), open_run(config, settings, folder) as opened:
            training = opened.training
            checkpoint = training.find_checkpoint() if settings.resume else None
            if before is not None:
                if checkpoint is not None:
                    refuse_other_training(before, opened.config)
                write_config(folder, opened.config)
            warn_of_few_steps(training.trainer, training.loaders)
            log.info(f"Training; everything goes to {os.path.relpath(folder)}")
            return conclude(opened, training.fit(checkpoint))


@contextmanager
def open_run(
    config: DictConfig,
    settings: Settings,
    folder: Path,
    load: Callable[[DictConfig, Settings], Data] = load_data,
) -> Iterator[OpenRun]:
    """Put a run together; when the block is left its dashboards are told how it ended.

    Args:
        config: what `conf/train.yaml` composes to; with `target.k` nets are trained to find the strength.
        settings: its own values.
        folder: the run folder.
        load: gives the data set.

    Yields:
        The run, its data described in the folder.

    Raises:
        UserError: if the configuration or the data cannot work.
    """
    selection: Selection = build(config.selection, "selection")
    check_config(config, settings)
    if settings.target.k is not None:
        check_target(config, selection)
    data = load(config, settings)
    check_selection(selection, settings, data)
    if settings.target.k is not None:
        strength = find_strength(config, settings, folder, data, selection)
        config = changed(config, regularization__strength=strength)
        if is_first_process():
            write_config(folder, config)
    loggers = build_all(config.logger, "logger")
    failed = True
    try:
        callbacks = [PathWeights(folder)] if settings.refit.epochs else []
        training = prepare_training(config, settings, folder, data, selection, list(loggers.values()), callbacks)
        if settings.refit.epochs:
            check_refit(training.module)
        if training.trainer.is_global_zero:
            write_dataset(folder, data.info)
            for logger in training.trainer.loggers:
                logger.log_hyperparams(OmegaConf.to_container(config, resolve=True))  # type: ignore[arg-type]
        yield OpenRun(config, data, selection, training)
        failed = False
    finally:
        for logger in loggers.values():
            if isinstance(logger, RichLogger):
                logger.finish(failed)


def conclude(opened: OpenRun, seconds: float) -> dict[str, Any]:
    """Select, rank, refit and score, when the training is over, and write the rest of the run folder.

    Args:
        opened: the run, its module trained.
        seconds: what the training took.

    Returns:
        The final metrics, as in `metrics.json`.

    Raises:
        UserError: if inputs were selected whose weights are gone.
    """
    config, data, training = opened.config, opened.data, opened.training
    folder, module, trainer, settings = training.folder, training.module, training.trainer, training.settings
    metrics: dict[str, Any] = {
        "train_seconds": seconds,
        "epochs": trainer.current_epoch,
        "steps": trainer.global_step,
        "seed": settings.seed,
    }
    selected, choice = choose_inputs(config, training, data, opened.selection)
    if choice is not None:
        is_class = data.info.task == "classification"
        metrics |= choice_metrics(choice, f"validation {'accuracy' if is_class else 'mean absolute error'}")
    if trainer.is_global_zero:
        metrics |= write_ranked_inputs(folder, module, data, selected, trainer.loggers, trainer.global_step)
    if settings.refit.epochs and bool(selected.any()):
        log.info(f"Refit with {counted(int(selected.sum()), 'input')}")
        module, about_refit = refit(config, settings, training, data, selected)
        metrics |= about_refit
    elif settings.refit.epochs:
        log.warning("refit.epochs: no input is selected, so there is nothing to refit")
    metrics = training.scores(module) | metrics
    if trainer.is_global_zero:
        write_json(folder / METRICS, metrics)
        summary = {name: float(value) for name, value in metrics.items() if isinstance(value, int | float)}
        for logger in trainer.loggers:
            if isinstance(logger, RichLogger):
                logger.log_summary(summary, trainer.global_step)
    return metrics
