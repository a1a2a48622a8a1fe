"""One training: a module, its trainer and its data, put together from a configuration, in a folder of its own."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.loggers import Logger
from pytorch_lightning.plugins.environments import SLURMEnvironment  # type: ignore[attr-defined]
from torch import Tensor

from spectral_exp.build import build, build_all, build_data, build_model
from spectral_exp.dataset.data import Data
from spectral_exp.dataset.groups import find_kept, group_inputs
from spectral_exp.dataset.loading import DataModule
from spectral_exp.errors import UserError
from spectral_exp.module.idle_hooks import NoProfiler, pass_over_idle_hooks
from spectral_exp.module.spectral_module import SpectralModule
from spectral_exp.selection.selection import Selection
from spectral_exp.settings import Settings
from spectral_exp.sharding import ShardedStrategy
from spectral_exp.tracking.checkpoint import WholeCheckpointIO, find_checkpoint, read_checkpoint
from spectral_exp.tracking.console import TrainingProgress
from spectral_exp.tracking.recorder import Recorder
from spectral_exp.tracking.run_folder import BEST_CHECKPOINT, CHECKPOINTS
from spectral_exp.training.checks import check_compiler, check_path, check_sharded


@dataclass(frozen=True)
class Training:
    """What is trained, by what, on what.

    Attributes:
        folder: where checkpoints, trace and history lie.
        module: the network with its loss and optimizer.
        trainer: Lightning's.
        loaders: the rows.
        settings: the config's own values.
    """

    folder: Path
    module: SpectralModule
    trainer: pl.Trainer
    loaders: DataModule
    settings: Settings

    def find_checkpoint(self, key: str = "trainer.max_epochs") -> Path | None:
        """Find where an earlier training in this folder stopped.

        Args:
            key: where the configuration says how long it is, for messages.

        Returns:
            The last checkpoint, or None if there is none.
        """
        return find_checkpoint(self.folder, self.module, self.trainer.max_epochs, key)

    def fit(self, checkpoint: Path | None) -> float:
        """Train, and leave the weights in the module that the settings ask for, the last or the best.

        Args:
            checkpoint: where to go on; None for the start.

        Returns:
            The seconds that it took.

        Raises:
            KeyboardInterrupt: if it was interrupted.
        """
        started = time.perf_counter()
        path = None if checkpoint is None else str(checkpoint)
        try:
            self.trainer.fit(self.module, self.loaders, ckpt_path=path, weights_only=True)
        except SystemExit as error:  # Lightning's answer to Ctrl-C and SIGTERM
            raise KeyboardInterrupt from error
        seconds = round(time.perf_counter() - started, 3)
        self.module.gather()
        self.take_final_weights()
        return seconds

    def take_final_weights(self) -> None:
        """Leave the weights in the module that the settings ask for, the last or the best, where the trainer works."""
        if self.settings.final_weights == "best":
            best = read_checkpoint(self.folder / CHECKPOINTS / BEST_CHECKPOINT)
            self.module.load_state_dict(best["state_dict"])
        self.module.to(self.trainer.strategy.root_device)  # which Lightning leaves when it is done

    def scores(self, module: SpectralModule) -> dict[str, Any]:
        """Score on the validation and the test rows.

        Args:
            module: what to score, this training's own or another one; loggers of this training are told.

        Returns:
            Metrics by name, such as `test/accuracy`.
        """
        scores: dict[str, Any] = {}
        for evaluate in (self.trainer.validate, self.trainer.test):
            scores |= evaluate(module, self.loaders, verbose=False)[0]
        module.to(self.trainer.strategy.root_device)  # which Lightning leaves when it is done
        for metrics in (module.val_metrics, module.test_metrics):
            metrics.reset()  # their states are of inference mode, and training could not add to them
        return scores


def load_data(config: DictConfig, settings: Settings) -> Data:
    """Load the data set of a configuration, its inputs in groups.

    Args:
        config: what `conf/train.yaml` composes to.
        settings: its own values.

    Returns:
        The data.

    Raises:
        UserError: if the configuration or the data cannot work.
    """
    data = build_data(config)
    return replace(data, info=group_inputs(data.info, settings.groups))


def prepare_training(
    config: DictConfig,
    settings: Settings,
    folder: Path,
    data: Data,
    selection: Selection,
    loggers: Sequence[Logger] = (),
    callbacks: Sequence[pl.Callback] = (),
) -> Training:
    """Put together what trains in a folder; nothing is trained yet.

    Args:
        config: what `conf/train.yaml` composes to.
        settings: its own values.
        folder: where checkpoints, trace and history go.
        data: the data set.
        selection: the rule behind `spectral/n_selected`.
        loggers: dashboards.
        callbacks: further ones beside those of the config.

    Returns:
        The training.

    Raises:
        UserError: if the configuration cannot work on this data.
    """
    module = _build_module(config, settings, data)
    recorder = Recorder(folder, build(config.tracking, "tracking"), selection, data.info)
    trainer = _build_trainer(config, folder, recorder, list(loggers), callbacks)
    pass_over_idle_hooks(module)
    check_path(module)
    if trainer.strategy.root_device.type == "cuda":
        torch.set_float32_matmul_precision(settings.matmul_precision)
    if settings.compile:
        check_compiler()
        module.model.compile()
    if isinstance(trainer.strategy, ShardedStrategy):
        check_sharded(module, trainer)
    return Training(
        folder, module, trainer, DataModule(data, batch_size=settings.batch_size, seed=settings.seed), settings
    )


def changed(config: DictConfig, **values: Any) -> DictConfig:
    """Copy a configuration with some values replaced.

    Args:
        config: what `conf/train.yaml` composes to.
        **values: value by key; `__` stands for the dot of a nested key.

    Returns:
        The copy; nodes are replaced as a whole, not merged.

    Example:
        >>> changed(OmegaConf.create({"trainer": {"max_epochs": 3}}), trainer__max_epochs=5)
        {'trainer': {'max_epochs': 5}}
    """
    copy: DictConfig = OmegaConf.create(OmegaConf.to_container(config, resolve=True))  # type: ignore[assignment]
    for key, value in values.items():
        OmegaConf.update(copy, key.replace("__", "."), value, merge=False, force_add=True)
    return copy


def _build_module(config: DictConfig, settings: Settings, data: Data) -> SpectralModule:
    optimizer = build(config.optimizer, "optimizer")
    try:
        optimizer([torch.nn.Parameter(torch.zeros(1))])
    except ValueError as error:
        raise UserError(f"optimizer: {error}") from error
    keep = find_kept(settings.keep, data.info)
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


def _fit_basis(model: torch.nn.Module, data: Data) -> Tensor | None:
    """Adapt the basis of a model, if it has one, to the training rows; give the standard deviation of its columns."""
    basis = getattr(model.input_layer, "basis", None)
    if basis is None:
        return data.input_scale
    scale: Tensor = basis.fit(data.train.inputs)
    return scale


def _build_trainer(
    config: DictConfig, folder: Path, recorder: Recorder, loggers: list[Logger], more: Sequence[pl.Callback]
) -> pl.Trainer:
    callbacks = build_all(config.callbacks, "callbacks")
    for callback in callbacks.values():
        if isinstance(callback, ModelCheckpoint) and callback.dirpath is None:
            callback.dirpath = str(folder / CHECKPOINTS)
    metric = "val/accuracy" if recorder.info.task == "classification" else "val/mae"
    trainer: pl.Trainer = build(
        config.trainer,
        "trainer",
        callbacks=[recorder, TrainingProgress(metric), *more, *callbacks.values()],
        logger=loggers or False,
        plugins=[WholeCheckpointIO(), *_cluster()],
        default_root_dir=str(folder),
        enable_checkpointing=any(isinstance(callback, ModelCheckpoint) for callback in callbacks.values()),
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        log_every_n_steps=0,  # everything is logged once an epoch
        use_distributed_sampler=False,
        **({} if config.trainer.get("profiler") else {"profiler": NoProfiler()}),
    )
    for callback in trainer.callbacks:  # type: ignore[attr-defined]
        pass_over_idle_hooks(callback)
    if (trainer.max_epochs or 0) < 1 and trainer.max_steps == -1:
        raise UserError("trainer.max_epochs must be a whole number >= 1: schedules are functions of training progress")
    return trainer


def _cluster() -> list[SLURMEnvironment]:
    # A job of submitit is put back into the queue by submitit; Lightning would do it a second time.
    return [SLURMEnvironment(auto_requeue=False)] if os.environ.get("SUBMITIT_EXECUTOR") == "slurm" else []
