"""One run: from a configuration to a ranking, a mask and the rest of a run folder."""

import logging
import os
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import Tensor

from spectral_exp.build import build, build_all, build_model
from spectral_exp.dataset.data import Data
from spectral_exp.dataset.groups import find_inputs, group_inputs
from spectral_exp.dataset.loading import DataModule
from spectral_exp.errors import UserError
from spectral_exp.module import SpectralModule
from spectral_exp.ranked_inputs import write_ranked_inputs
from spectral_exp.selection.selection import Selection
from spectral_exp.settings import Settings, read_settings
from spectral_exp.tracking.checkpoint import WholeCheckpointIO, find_checkpoint, read_checkpoint
from spectral_exp.tracking.console import TrainingProgress, quiet_lightning
from spectral_exp.tracking.recorder import Recorder
from spectral_exp.tracking.results import write_dataset
from spectral_exp.tracking.rich_logger import RichLogger
from spectral_exp.tracking.run_folder import BEST_CHECKPOINT, CHECKPOINTS, CONFIG, METRICS, write_json, write_whole
from spectral_exp.tracking.status import is_first_process, recorded_status

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
    """
    is_first = is_first_process()
    with recorded_status(folder, overrides or []) if is_first else nullcontext(), quiet_lightning():
        settings = read_settings(config)
        plain: Any = OmegaConf.to_container(config, resolve=True)
        if is_first and not settings.resume:  # from here on a killed run can be resumed
            _write_config(folder, plain)
        selection: Selection = build(config.selection, "selection")
        tracking = build(config.tracking, "tracking")
        data: Data = build(config.dataset, "dataset").load()
        data = replace(data, info=group_inputs(data.info, settings.groups))
        module = _build_module(config, settings, data)
        _check_selection(selection, module)
        recorder = Recorder(folder, tracking, selection, data.info)
        loggers = build_all(config.logger, "logger")
        failed = True
        try:
            trainer = _build_trainer(config, folder, recorder, list(loggers.values()))
            _check_path(module, settings, trainer, data.info.n_features)
            metrics = _train_and_rank(plain, settings, folder, data, module, trainer, selection)
            failed = False
        finally:
            for logger in loggers.values():
                if isinstance(logger, RichLogger):
                    logger.finish(failed)
    return metrics


def _write_config(folder: Path, plain: dict[str, Any]) -> None:
    write_whole(folder / CONFIG, lambda beside: OmegaConf.save(plain, beside))


def _train_and_rank(
    plain: dict[str, Any],
    settings: Settings,
    folder: Path,
    data: Data,
    module: SpectralModule,
    trainer: pl.Trainer,
    selection: Selection,
) -> dict[str, Any]:
    checkpoint = find_checkpoint(folder, module, trainer.max_epochs) if settings.resume else None
    if trainer.is_global_zero:
        if settings.resume:
            _write_config(folder, plain)
        write_dataset(folder, data.info)
        for logger in trainer.loggers:
            logger.log_hyperparams(plain)
    log.info(f"Training; everything goes to {os.path.relpath(folder)}")
    loaders = DataModule(data, batch_size=settings.batch_size, seed=settings.seed)
    seconds = _fit(trainer, module, loaders, checkpoint)
    if settings.final_weights == "best":
        module.load_state_dict(read_checkpoint(folder / CHECKPOINTS / BEST_CHECKPOINT)["state_dict"])
    metrics: dict[str, Any] = {}
    for evaluate in (trainer.validate, trainer.test):
        metrics |= evaluate(module, loaders, verbose=False)[0]
    metrics |= {"train_seconds": seconds, "epochs": trainer.current_epoch, "steps": trainer.global_step}
    if trainer.is_global_zero:
        module.to(trainer.strategy.root_device)  # which Lightning has left after the test
        metrics |= write_ranked_inputs(folder, module, data, selection, trainer.loggers, trainer.global_step)
        metrics |= {"seed": settings.seed}
        write_json(folder / METRICS, metrics)
    return metrics


def _build_module(config: DictConfig, settings: Settings, data: Data) -> SpectralModule:
    optimizer = build(config.optimizer, "optimizer")
    try:
        optimizer([torch.nn.Parameter(torch.zeros(1))])
    except ValueError as error:
        raise UserError(f"optimizer: {error}") from error
    keep = find_inputs(settings.keep, data.info.feature_names, "keep")
    pl.seed_everything(settings.seed, verbose=False)
    try:
        model = build_model(config.model, data.info)
        column_scale = _fit_basis(model, data)
        return SpectralModule(
            model=model,
            info=data.info,
            regularization=build(config.regularization, "regularization"),
            optimizer=optimizer,
            lr_schedule=build(config.lr_schedule, "lr_schedule"),
            input_scale=column_scale if settings.input_scale else None,
            loss=settings.loss,
            eigenvalue_lr_factor=settings.eigenvalue_lr_factor,
            seed=settings.seed,
            always_kept=torch.from_numpy(keep) if keep.any() else None,
        )
    except UserError:
        raise
    except ValueError as error:
        raise UserError(str(error)) from error


def _fit_basis(model: torch.nn.Module, data: Data) -> Tensor:
    """Adapt the basis of a model, if it has one, to the training rows; give the standard deviation of its columns."""
    basis = getattr(model.input_layer, "basis", None)
    return data.input_scale if basis is None else basis.fit(data.train.inputs)


def _check_path(module: SpectralModule, settings: Settings, trainer: pl.Trainer, n_features: int) -> None:
    n_final = module.regularization.n_final
    if n_final is None:
        return
    if n_final >= n_features:
        raise UserError(f"regularization.n_final must be below the number of inputs ({n_features}), got {n_final}")
    if trainer.world_size > 1:
        raise UserError("regularization=path works on one device; add trainer.devices=1")
    if settings.final_weights == "best":
        raise UserError("final_weights=best may be from before inputs left; with regularization=path use last")


def _check_selection(selection: Selection, module: SpectralModule) -> None:
    always_kept = module.spectral_input_layer.columns.always_kept
    try:
        selection.check(module.info.n_features, 0 if always_kept is None else int(always_kept.sum()))
    except ValueError as error:
        raise UserError(f"selection.{error}") from error


def _build_trainer(config: DictConfig, folder: Path, recorder: Recorder, loggers: list[Any]) -> pl.Trainer:
    callbacks = build_all(config.callbacks, "callbacks")
    for callback in callbacks.values():
        if isinstance(callback, ModelCheckpoint) and callback.dirpath is None:
            callback.dirpath = str(folder / CHECKPOINTS)
    metric = "val/accuracy" if recorder.info.task == "classification" else "val/mae"
    trainer: pl.Trainer = build(
        config.trainer,
        "trainer",
        callbacks=[recorder, TrainingProgress(metric), *callbacks.values()],
        logger=loggers or False,
        plugins=[WholeCheckpointIO()],
        default_root_dir=str(folder),
        enable_checkpointing=any(isinstance(callback, ModelCheckpoint) for callback in callbacks.values()),
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        log_every_n_steps=0,  # everything is logged once an epoch
        use_distributed_sampler=False,
    )
    if (trainer.max_epochs or 0) < 1 and trainer.max_steps == -1:
        raise UserError("trainer.max_epochs must be a whole number >= 1: schedules are functions of training progress")
    return trainer


def _fit(trainer: pl.Trainer, module: SpectralModule, loaders: DataModule, checkpoint: Path | None) -> float:
    """Train, from a checkpoint if there is one; give the seconds that this took."""
    started = time.perf_counter()
    try:
        trainer.fit(module, loaders, ckpt_path=None if checkpoint is None else str(checkpoint), weights_only=True)
    except SystemExit as error:  # Lightning's answer to Ctrl-C and SIGTERM
        raise KeyboardInterrupt from error
    return round(time.perf_counter() - started, 3)
