"""The callback that records eigenvalues, masks and metrics while a model trains."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytorch_lightning as pl
from jaxtyping import Bool
from torch import Tensor

from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.layer.spectral_layer import SpectralLayer
from spectral_exp.regularization.regularization import Regularization
from spectral_exp.selection.selection import Selection
from spectral_exp.tracking.history import MetricsHistory
from spectral_exp.tracking.rich_logger import RichLogger
from spectral_exp.tracking.run_folder import METRICS_HISTORY, TRACE
from spectral_exp.tracking.schedule import RecordingSchedule
from spectral_exp.tracking.trace import TraceWriter

N_SELECTED = "spectral/n_selected"


class Recorded(Protocol):
    """What is recorded: a module with a spectral input layer."""

    input_scale: Tensor | None
    regularization: Regularization

    @property
    def spectral_input_layer(self) -> SpectralLayer: ...

    @property
    def progress(self) -> float: ...


class Recorder(pl.Callback):
    """Write the trace and the history of metrics, and feed the loggers.

    Only the first process writes. What it writes in an epoch is on disk before that epoch's
    checkpoint, so that a resumed run finds both at the same step.

    Args:
        folder: the run folder.
        schedule: which steps are recorded; if it skips step 0, there is no trace.
        selection: the rule behind `spectral/n_selected`.
        info: what the inputs are.
    """

    def __init__(self, folder: Path, schedule: RecordingSchedule, selection: Selection, info: DatasetInfo) -> None:
        self.folder = folder
        self.schedule = schedule
        self.selection = selection
        self.info = info
        self._trace: TraceWriter | None = None
        self._history: MetricsHistory | None = None
        self._seconds_before = 0.0
        self._last_recorded = -1

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        self._started = time.perf_counter()
        self._val_names = ("val/loss", *pl_module.val_metrics.keys())
        self._is_validated = False
        if not trainer.is_global_zero:
            return
        step = trainer.global_step
        resumed = step > 0
        self._history = MetricsHistory(
            self.folder / METRICS_HISTORY, keep_until_epoch=trainer.current_epoch - 1 if resumed else None
        )
        for logger in trainer.loggers:
            if resumed and isinstance(logger, RichLogger):
                logger.resume_after(step)
        if not self.schedule(0, 0, False):
            return
        # The last record of a run that ended early may be one that the schedule would not have made.
        kept = step if self.schedule(step, trainer.current_epoch - 1, True) else step - 1
        self._trace = TraceWriter(self.folder / TRACE, self.info.n_features, keep_until_step=kept if resumed else None)
        self._last_recorded = kept if resumed else -1
        if not resumed:
            self._record(trainer, pl_module)

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        if self._trace is not None and self.schedule(trainer.global_step, trainer.current_epoch, False):
            self._record(trainer, pl_module)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        self._is_validated = True

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        selected = self.selection.select(pl_module.spectral_input_layer, pl_module.input_scale)
        pl_module.log(N_SELECTED, float(selected.sum()), sync_dist=True)
        if trainer.is_global_zero:
            self.record_epoch(trainer, pl_module, selected, trainer.callback_metrics)

    def record_epoch(
        self,
        trainer: pl.Trainer,
        module: Recorded,
        selected: Bool[Tensor, " n_features"],
        metrics: Mapping[str, float | Tensor],
    ) -> None:
        """Write down what an epoch has led to.

        Args:
            trainer: at the end of the epoch.
            module: what is trained.
            selected: the inputs that would be kept.
            metrics: of the epoch, by name.
        """
        is_new = self._trace is not None and self._last_recorded < trainer.global_step
        if is_new and self.schedule(trainer.global_step, trainer.current_epoch, True):
            self._record(trainer, module)
        step = trainer.global_step - 1  # as Lightning counts the epoch's metrics
        for logger in trainer.loggers:
            if isinstance(logger, RichLogger):
                eigenvalues = module.spectral_input_layer.eigenvalues
                logger.log_histogram("spectral/eigenvalues", eigenvalues.detach().cpu().numpy(), step)
                if self.info.is_image:
                    image = selected.cpu().numpy().reshape(self.info.feature_shape).astype(np.float32)
                    logger.log_image("spectral/mask", image, step)
        self._write_history(trainer, {name: float(value) for name, value in metrics.items()})

    def on_train_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        if self._trace is not None and self._last_recorded < trainer.global_step:
            self._record(trainer, pl_module)

    def teardown(self, trainer: pl.Trainer, pl_module: Any, stage: str) -> None:
        for file in (self._trace, self._history):
            if file is not None:
                file.close()
        self._trace = self._history = None

    def on_exception(self, trainer: pl.Trainer, pl_module: Any, exception: BaseException) -> None:
        self.teardown(trainer, pl_module, "fit")

    def state_dict(self) -> dict[str, Any]:
        return {"seconds": self._seconds()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._seconds_before = state_dict["seconds"]

    def _seconds(self) -> float:
        return self._seconds_before + time.perf_counter() - self._started

    def _record(self, trainer: pl.Trainer, pl_module: Recorded) -> None:
        assert self._trace is not None
        layer = pl_module.spectral_input_layer
        eigenvalues = layer.over_all_inputs(layer.input_eigenvalues.detach()).float().cpu().numpy()
        self._trace.append(
            step=trainer.global_step,
            epoch=trainer.current_epoch,
            strength=pl_module.regularization.strength_at(pl_module.progress),
            eigenvalues=eigenvalues,
            mask=eigenvalues != 0,
        )
        self._last_recorded = trainer.global_step

    def _write_history(self, trainer: pl.Trainer, metrics: dict[str, float | None]) -> None:
        assert self._history is not None
        for name in self._val_names:
            metrics.setdefault(name, None)
            if not self._is_validated:  # Lightning would repeat the scores of an earlier epoch
                metrics[name] = None
        self._is_validated = False
        first = {"epoch": trainer.current_epoch, "step": trainer.global_step}
        self._history.append({**first, **dict(sorted(metrics.items())), "seconds": round(self._seconds(), 3)})
