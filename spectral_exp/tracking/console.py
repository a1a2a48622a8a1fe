"""What the user sees while a model trains: a bar on a terminal, a few lines elsewhere."""

import logging
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytorch_lightning as pl
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

log = logging.getLogger(__name__)

SECONDS_BETWEEN_REFRESHES = 0.1
LINES_WITHOUT_TERMINAL = 10

# Advice of Lightning's that does not hold here, or that says again what the config says.
NEEDLESS_WARNINGS = (
    r".*does not have many workers.*",
    r".*isinstance\(treespec, LeafSpec\).* is deprecated.*",
    r".*Checkpoint directory .* exists and is not empty.*",
    r".*`ModelCheckpoint\(.*\)` .*",
    r".*You're resuming from a checkpoint that ended before the epoch ended.*",
    r".*The number of training batches .* is smaller than the logging interval.*",
)


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Keep Lightning's notices about devices and its tips off the console.

    Yields:
        Nothing; what runs inside is quiet.
    """
    names = ("pytorch_lightning.utilities.rank_zero", "lightning_fabric.utilities.rank_zero")
    notices = [logging.getLogger(name) for name in (*names, "lightning_fabric.utilities.distributed")]
    levels = [logger.level for logger in notices]
    for logger in notices:
        logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            for message in NEEDLESS_WARNINGS:
                warnings.filterwarnings("ignore", message)
            yield
    finally:
        for logger, level in zip(notices, levels, strict=True):
            logger.setLevel(level)


class EpochBar:
    """Epochs and time left: a bar on a terminal, a few lines elsewhere.

    Args:
        console: where to show it; standard error if None.
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True)
        self._progress: Progress | None = None
        self._n_epochs = 1
        self._shown_at = 0.0

    def start(self, n_epochs: int, n_steps: int, epochs_done: int, steps_done: int) -> None:
        """Begin.

        Args:
            n_epochs: epochs in all.
            n_steps: steps in all.
            epochs_done: how many are done already.
            steps_done: likewise.
        """
        self._n_epochs = n_epochs
        if not self.console.is_terminal:
            return
        self._progress = Progress(
            TextColumn("{task.fields[epoch]}"),
            BarColumn(),
            TextColumn("{task.fields[numbers]}"),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
        )
        epoch = f"epoch {epochs_done + 1}/{n_epochs}"
        self._task = self._progress.add_task("train", total=n_steps, completed=steps_done, epoch=epoch, numbers="")
        self._progress.start()

    def advance(self, epochs_done: int, steps_done: int) -> None:
        """Move the bar, if there is one and it is time to.

        Args:
            epochs_done: whole epochs.
            steps_done: steps since the start of training.
        """
        if self._progress is None or time.monotonic() - self._shown_at < SECONDS_BETWEEN_REFRESHES:
            return
        self._shown_at = time.monotonic()
        self._progress.update(self._task, completed=steps_done, epoch=f"epoch {epochs_done + 1}/{self._n_epochs}")

    def end_epoch(self, epochs_done: int, numbers: str) -> None:
        """Show what an epoch led to.

        Args:
            epochs_done: this one included.
            numbers: in words.
        """
        if self._progress is not None:
            self._progress.update(self._task, numbers=numbers)
        elif epochs_done % max(self._n_epochs // LINES_WITHOUT_TERMINAL, 1) == 0 or epochs_done == self._n_epochs:
            log.info(f"epoch {epochs_done}/{self._n_epochs}  {numbers}")

    def stop(self) -> None:
        """Take the bar away."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


class TrainingProgress(pl.Callback):
    """Show epoch, loss, validation metric, inputs kept and time left.

    Args:
        metric: the validation metric to show, such as `val/accuracy`.
        console: where to show it; standard error if None.
    """

    def __init__(self, metric: str, console: Console | None = None) -> None:
        self.metric = metric
        self._bar = EpochBar(console)

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        if trainer.is_global_zero:
            n_steps = int(trainer.estimated_stepping_batches)
            self._bar.start(trainer.max_epochs or 1, n_steps, trainer.current_epoch, trainer.global_step)

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        self._bar.advance(trainer.current_epoch, trainer.global_step)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        if trainer.is_global_zero:
            self._bar.end_epoch(trainer.current_epoch + 1, self._numbers(trainer))

    def teardown(self, trainer: pl.Trainer, pl_module: Any, stage: str) -> None:
        self._bar.stop()

    def on_exception(self, trainer: pl.Trainer, pl_module: Any, exception: BaseException) -> None:
        self._bar.stop()

    def _numbers(self, trainer: pl.Trainer) -> str:
        metrics = trainer.callback_metrics
        parts = [
            f"{label} {float(metrics[name]):{style}}"
            for label, name, style in (
                ("loss", "train/loss", ".4f"),
                (self.metric, self.metric, ".4f"),
                ("inputs kept", "spectral/n_selected", ".0f"),
            )
            if name in metrics
        ]
        return "  ".join(parts)
