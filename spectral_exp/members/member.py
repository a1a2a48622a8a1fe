"""One run of a batch: its own folder, records, checkpoints and end, while its network is trained with others."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from omegaconf import OmegaConf
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint
from pytorch_lightning.utilities.types import LRSchedulerConfig
from torch import Tensor
from torchmetrics import MetricCollection

from spectral_exp.dataset.data import Data
from spectral_exp.dataset.rows import Rows
from spectral_exp.errors import UserError
from spectral_exp.functional.sparse import take_columns
from spectral_exp.layer.spectral_layer import SpectralLayer
from spectral_exp.module.held_inputs import HeldInputs
from spectral_exp.module.spectral_module import SpectralModule
from spectral_exp.run import OpenRun
from spectral_exp.tracking.checkpoint import read_checkpoint
from spectral_exp.tracking.path_weights import PathWeights
from spectral_exp.tracking.recorder import N_SELECTED, Recorder


class Member:
    """A run whose epochs are trained elsewhere; it leaves what Lightning's own loop would leave.

    Args:
        run: put together, not trained yet.
        goes_on: from the last checkpoint in its folder, if there is one.
        data: the run's, where its device can use it.

    Attributes:
        run: as given.
        module: the network with its loss.
        trainer: Lightning's, which counts epochs and steps, writes checkpoints and evaluates in the end.
        loader: the training rows, in this member's own order.
        validation_rows: what the scores of an epoch are of.
        optimizer: as of the last `Stack.sync`.
        scheduler: of the optimizer; None if its learning rate is constant.
        generator: what dropout draws from.
        epochs_done: how many epochs it has behind it.
        is_stopped: by early stopping.
    """

    def __init__(self, run: OpenRun, goes_on: bool, data: Data) -> None:
        self.run = run
        self.module: SpectralModule = run.training.module
        self.trainer: pl.Trainer = run.training.trainer
        self.device = self.trainer.strategy.root_device
        self.optimizer_key = _key_of(run)
        self.epochs_done = 0
        self.is_stopped = False
        self.generator = torch.Generator(self.device)
        self._best: tuple[int, dict[str, Tensor]] | None = None  # epoch and weights
        callbacks: list[Any] = self.trainer.callbacks  # type: ignore[attr-defined]
        self._recorder = next(one for one in callbacks if isinstance(one, Recorder))
        self._path_weights = [one for one in callbacks if isinstance(one, PathWeights)]
        self._stoppers = [one for one in callbacks if isinstance(one, EarlyStopping)]
        self._checkpoints = [one for one in callbacks if isinstance(one, ModelCheckpoint)]
        self.trainer.strategy.connect(self.module)
        self.module.trainer = self.trainer
        self.module.to(self.device)
        loaders = run.training.loaders
        loaders.trainer, loaders.data = self.trainer, data
        self.loader = loaders.train_dataloader()
        self.validation_rows: Rows = data.val
        self._n_val_batches = len(loaders.val_dataloader())
        self.n_steps = max(1, len(self.loader) * self.max_epochs)
        checkpoint = run.training.find_checkpoint() if goes_on else None
        content = None if checkpoint is None else read_checkpoint(checkpoint)
        if content is not None:
            self.module.load_state_dict(content["state_dict"])
        self.optimizer, self.scheduler = self.module.make_optimizer(self.n_steps, dict(self.module.named_parameters()))
        if content is not None:
            self._go_on(content)
        layer = self.module.input_layer
        self._held = HeldInputs(layer, self.loader) if isinstance(layer, SpectralLayer) else None
        self._count(self.epochs_done, at_end=False)
        self._recorder.on_train_start(self.trainer, self.module)
        for one in self._path_weights:
            one.on_train_start(self.trainer, self.module)

    @property
    def max_epochs(self) -> int:
        """How many epochs it trains at most."""
        return int(self.trainer.max_epochs or 1)

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to train."""
        return self.is_stopped or self.epochs_done >= self.max_epochs

    def begin_epoch(self, n_copies: int | None) -> None:
        """Make ready for the next epoch: order of rows, random numbers, and columns that rows need not hold any more.

        Args:
            n_copies: how many are to have rows of their own in the memory of those of all; None if the rows stay
                everybody's.
        """
        if self._held is not None and n_copies is not None:
            self._held.start_epoch(n_copies)
        self.loader.set_epoch(self.epochs_done)
        self.generator.manual_seed(self.module.seed_of_epoch(self.epochs_done))

    def kept_of(self, inputs: Tensor) -> Tensor:
        """Take those of a row's inputs that the network still takes.

        Args:
            inputs: rows of all inputs, or of those that the training rows hold.

        Returns:
            Rows of the kept ones; the same tensor if these are all.
        """
        layer = self.module.input_layer
        if self._held is None or not isinstance(layer, SpectralLayer) or layer.columns.kept is None:
            return inputs
        if inputs.shape[1] == layer.in_features:
            return take_columns(inputs, layer.columns.kept, axis=1)
        return self._held.kept_of(inputs)

    def inputs_left(self) -> None:
        """Take note that inputs have left the network."""
        if self._held is not None:
            self._held.inputs_left()

    def records(self, step: int) -> bool:
        """Tell whether a step, within an epoch, is to be recorded.

        Args:
            step: number of steps that are done.

        Returns:
            As `tracking` says.
        """
        return self._recorder.schedule(step, self.epochs_done, False)

    def record_step(self, step: int) -> None:
        """Record a step within an epoch.

        Args:
            step: number of steps that are done.
        """
        self._count(self.epochs_done, step, at_end=False)
        self._recorder.on_train_batch_end(self.trainer, self.module, None, None, 0)

    def end_epoch(self, metrics: Mapping[str, float]) -> None:
        """Record an epoch, and keep its weights if they are the best.

        Args:
            metrics: of the epoch, by name, but for the number of selected inputs.
        """
        self._count(self.epochs_done, at_end=True)
        selected = self.run.selection.select(self.module.spectral_input_layer, self.module.input_scale)
        metrics = {**metrics, N_SELECTED: float(selected.sum())}
        self._recorder.on_validation_end(self.trainer, self.module)
        for logger in self.trainer.loggers:
            values = {name: float(value) for name, value in sorted(metrics.items())}
            logger.log_metrics({**values, "epoch": self.epochs_done}, self.trainer.global_step - 1)
        self._recorder.record_epoch(self.trainer, self.module, selected, metrics)
        for one in self._path_weights:
            one.on_train_epoch_end(self.trainer, self.module)
        for stopper in self._stoppers:
            self._ask(stopper, metrics)
        for checkpoint in self._checkpoints:
            self._keep_best(checkpoint, metrics)
        self.epochs_done += 1

    def save(self) -> None:
        """Write the last checkpoint and the best one; the optimizer must be in step (`Stack.sync`)."""
        strategy: Any = self.trainer.strategy
        strategy.optimizers = [self.optimizer]
        schedulers = [] if self.scheduler is None else [self.scheduler]
        strategy.lr_scheduler_configs = [LRSchedulerConfig(one, interval="step") for one in schedulers]
        dump = self.trainer._checkpoint_connector.dump_checkpoint
        for checkpoint in self._checkpoints:
            if checkpoint.monitor is None:
                self._count(self.epochs_done - 1, at_end=True)
                strategy.save_checkpoint(dump(checkpoint.save_weights_only), _path_of(checkpoint))
            elif self._best is not None:
                epoch, state = self._best
                self._count(epoch, at_end=True)
                strategy.save_checkpoint(
                    {**dump(checkpoint.save_weights_only), "state_dict": state}, _path_of(checkpoint)
                )

    def take_tensors(self) -> None:
        """Let weights and the optimizer's state be the member's own, and no views of those of all."""
        for tensor in (*self.module.parameters(), *self.module.buffers()):
            tensor.data = tensor.data.clone()
        self.optimizer.load_state_dict(self.optimizer.state_dict())

    def end(self) -> None:
        """Close the records when the last epoch is over."""
        self._count(self.epochs_done, at_end=False)
        self._recorder.on_train_end(self.trainer, self.module)
        self.close()
        self.run.training.take_final_weights()

    def close(self) -> None:
        """Close the files of the records."""
        self._recorder.teardown(self.trainer, self.module, "fit")

    def scores(self, outputs: Tensor, targets: Tensor, progress: float, metrics: MetricCollection) -> dict[str, float]:
        """Score the validation rows.

        Args:
            outputs: of the network, for all of them.
            targets: as it is trained on.
            progress: share of the training steps that are done.
            metrics: what to compute, on the device of the outputs; reset.

        Returns:
            Metrics of the epoch by name.
        """
        module = self.module
        metrics.reset()
        metrics.update(module.predict(outputs), module.in_units(targets))
        return {
            **{name: float(value) for name, value in metrics.compute().items()},
            "val/loss": float(module.loss(outputs, targets)),
            **{name: float(value) for name, value in module.layer_metrics(progress).items()},
        }

    def _go_on(self, content: dict[str, Any]) -> None:
        self.optimizer.load_state_dict(content["optimizer_states"][0])
        if self.scheduler is not None:
            self.scheduler.load_state_dict(content["lr_schedulers"][0])
        self.epochs_done = content["epoch"] + 1
        for one in self.trainer.callbacks:  # type: ignore[attr-defined]
            if one.state_key in content["callbacks"]:
                one.load_state_dict(content["callbacks"][one.state_key])
        self.is_stopped = any(one.stopped_epoch for one in self._stoppers)
        for checkpoint in self._checkpoints:
            if checkpoint.monitor is not None and _path_of(checkpoint).exists():
                best = read_checkpoint(_path_of(checkpoint))
                self._best = (best["epoch"], best["state_dict"])

    def _ask(self, stopper: EarlyStopping, metrics: Mapping[str, float]) -> None:
        stops, reason = stopper._evaluate_stopping_criteria(_monitored(stopper.monitor, metrics))
        if stops:
            stopper.stopped_epoch, stopper.stopping_reason_message = self.epochs_done, reason
            self.is_stopped = True

    def _keep_best(self, checkpoint: ModelCheckpoint, metrics: Mapping[str, float]) -> None:
        path = str(_path_of(checkpoint))
        checkpoint.best_model_path = path
        if checkpoint.monitor is None:
            return
        value = _monitored(checkpoint.monitor, metrics)
        if checkpoint.check_monitor_top_k(self.trainer, value):
            checkpoint.current_score = checkpoint.best_model_score = checkpoint.kth_value = value
            checkpoint.best_k_models = {path: value}
            checkpoint.kth_best_model_path = path
            state = {name: tensor.clone() for name, tensor in self.module.state_dict().items()}
            self._best = (self.epochs_done, state)

    def _count(self, epoch: int, step: int | None = None, *, at_end: bool) -> None:
        """Let Lightning's counters say where the training is; those of an epoch's end are as its callbacks see them."""
        n_batches = len(self.loader)
        step = (epoch + at_end) * n_batches if step is None else step
        fit: Any = self.trainer.fit_loop
        of_epoch, optimizer = fit.epoch_loop, fit.epoch_loop.automatic_optimization.optim_progress.optimizer
        for counts in (fit.epoch_progress.total, fit.epoch_progress.current):
            counts.ready = counts.started = counts.processed = epoch + at_end
            counts.completed = epoch
        of_steps = [of_epoch.batch_progress, optimizer.step, optimizer.zero_grad]
        for progress in of_steps if self.scheduler is None else [*of_steps, of_epoch.scheduler_progress]:
            for counts, n in ((progress.total, step), (progress.current, n_batches)):
                for name in vars(counts):
                    setattr(counts, name, n)
        for counts in (of_epoch.val_loop.batch_progress.total, of_epoch.val_loop.batch_progress.current):
            for name in vars(counts):
                setattr(counts, name, self._n_val_batches)
        of_epoch.batch_progress.is_last_batch = of_epoch.val_loop.batch_progress.is_last_batch = True
        of_epoch._batches_that_stepped = step


def _key_of(run: OpenRun) -> str:
    """What an optimizer is made of; members with the same can share one."""
    about = OmegaConf.masked_copy(run.config, ["optimizer", "lr_schedule", "eigenvalue_lr_factor"])
    return json.dumps(OmegaConf.to_container(about, resolve=True), sort_keys=True)


def _monitored(name: str | None, metrics: Mapping[str, float]) -> Tensor:
    if name is None or name not in metrics:
        raise UserError(f"callbacks: there is no metric {name}; there are {', '.join(sorted(metrics))}")
    return torch.as_tensor(metrics[name])


def _path_of(checkpoint: ModelCheckpoint) -> Path:
    return Path(str(checkpoint.dirpath)) / f"{checkpoint.filename}{checkpoint.FILE_EXTENSION}"
