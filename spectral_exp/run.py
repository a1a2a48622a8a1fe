"""One run: from a configuration to a ranking, a mask and the rest of a run folder."""

import logging
import os
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from spectral_exp.build import build, build_all
from spectral_exp.choosing import check_selection, choice_metrics, choose_inputs
from spectral_exp.dataset.data import Data
from spectral_exp.rank_processes import other_ranks
from spectral_exp.ranked_inputs import write_ranked_inputs
from spectral_exp.refit import check_refit, refit
from spectral_exp.selection.selection import Selection
from spectral_exp.settings import Settings, read_settings
from spectral_exp.strength_search import check_target, find_strength
from spectral_exp.tracking.console import quiet_lightning
from spectral_exp.tracking.path_weights import PathWeights
from spectral_exp.tracking.results import write_dataset
from spectral_exp.tracking.rich_logger import RichLogger
from spectral_exp.tracking.run_folder import CONFIG, METRICS, write_json, write_whole
from spectral_exp.tracking.status import is_first_process, recorded_status
from spectral_exp.training import Training, changed, check_config, load_data, prepare_training

log = logging.getLogger(__name__)


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
            _write_config(folder, config)
        with other_ranks(config, folder):
            return _run(config, settings, folder)


def _run(config: DictConfig, settings: Settings, folder: Path) -> dict[str, Any]:
    selection: Selection = build(config.selection, "selection")
    check_config(config, settings)
    if settings.target.k is not None:
        check_target(config, selection)
    data = load_data(config, settings)
    check_selection(selection, settings, data)
    if settings.target.k is not None:
        strength = find_strength(config, settings, folder, data, selection)
        config = changed(config, regularization__strength=strength)
        if is_first_process():
            _write_config(folder, config)
    loggers = build_all(config.logger, "logger")
    failed = True
    try:
        callbacks = [PathWeights(folder)] if settings.refit.epochs else []
        training = prepare_training(config, settings, folder, data, selection, list(loggers.values()), callbacks)
        metrics = _train_and_rank(config, training, data, selection)
        failed = False
    finally:
        for logger in loggers.values():
            if isinstance(logger, RichLogger):
                logger.finish(failed)
    return metrics


def _write_config(folder: Path, config: DictConfig) -> None:
    plain = OmegaConf.to_container(config, resolve=True)
    write_whole(folder / CONFIG, lambda beside: OmegaConf.save(plain, beside))


def _train_and_rank(config: DictConfig, training: Training, data: Data, selection: Selection) -> dict[str, Any]:
    folder, module, trainer, settings = training.folder, training.module, training.trainer, training.settings
    if settings.refit.epochs:
        check_refit(module)
    checkpoint = training.find_checkpoint() if settings.resume else None
    if trainer.is_global_zero:
        if settings.resume:
            _write_config(folder, config)
        write_dataset(folder, data.info)
        for logger in trainer.loggers:
            logger.log_hyperparams(OmegaConf.to_container(config, resolve=True))  # type: ignore[arg-type]
    log.info(f"Training; everything goes to {os.path.relpath(folder)}")
    seconds = training.fit(checkpoint)
    metrics: dict[str, Any] = {
        "train_seconds": seconds,
        "epochs": trainer.current_epoch,
        "steps": trainer.global_step,
        "seed": settings.seed,
    }
    selected, choice = choose_inputs(config, training, data, selection)
    if choice is not None:
        is_class = data.info.task == "classification"
        metrics |= choice_metrics(choice, f"validation {'accuracy' if is_class else 'mean absolute error'}")
    if trainer.is_global_zero:
        metrics |= write_ranked_inputs(folder, module, data, selected, trainer.loggers, trainer.global_step)
    if settings.refit.epochs and bool(selected.any()):
        log.info(f"Refit with {int(selected.sum())} inputs")
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
