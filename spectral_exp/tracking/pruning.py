"""Stops a run of a sweep that has no hope of being among the best trade-offs."""

from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from spectral_exp.errors import PrunedError
from spectral_exp.tracking.history import read_history
from spectral_exp.tracking.run_folder import METRICS, METRICS_HISTORY

LOOKS_PER_RUN = 20


class Pruning(pl.Callback):
    """Stop training when enough finished runs of the sweep were better, at the same epoch, in both respects.

    Better is a higher validation accuracy (or a lower `val/mae`) and no more inputs kept. What the others had at
    that epoch is read from their folders, so a run needs no connection to whatever chooses the values of the sweep.

    Args:
        sweep_folder: the folder of the sweep, which holds one folder per run.
        start: share of training before which no run is stopped, in [0, 1].
        n_better: how many others must be better.
    """

    def __init__(self, sweep_folder: str, start: float, n_better: int) -> None:
        if not 0 <= start <= 1:
            raise ValueError(f"start must be in [0, 1], got {start}")
        if n_better < 1:
            raise ValueError(f"n_better must be >= 1, got {n_better}")
        self.sweep_folder = Path(sweep_folder)
        self.start = start
        self.n_better = n_better
        self._histories: dict[Path, list[dict[str, Any]]] = {}

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        epoch, n_epochs = trainer.current_epoch, trainer.max_epochs or 1
        if epoch + 1 < self.start * n_epochs or epoch % max(n_epochs // LOOKS_PER_RUN, 1):
            return
        now = _trade_off({name: float(value) for name, value in trainer.callback_metrics.items()})
        n_better = sum(_is_better(other, now) for other in self._others_at(epoch)) if trainer.is_global_zero else 0
        is_hopeless = trainer.strategy.reduce_boolean_decision(n_better >= self.n_better, all=False)
        if is_hopeless:
            raise PrunedError(f"stopped after epoch {epoch + 1}: {n_better} runs kept no more inputs and scored better")

    def _others_at(self, epoch: int) -> list[tuple[float, float]]:
        for metrics in self.sweep_folder.glob(f"*/{METRICS}"):  # which a run writes at its end
            if metrics.parent not in self._histories:
                self._histories[metrics.parent] = read_history(metrics.parent / METRICS_HISTORY)
        rows = [history[epoch] for history in self._histories.values() if epoch < len(history)]
        return [_trade_off(row) for row in rows]


def _trade_off(metrics: dict[str, Any]) -> tuple[float, float]:
    # score, more being better, and inputs kept
    score = metrics["val/accuracy"] if "val/accuracy" in metrics else -metrics["val/mae"]
    return float(score), float(metrics["spectral/n_selected"])


def _is_better(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] > other[0] and one[1] <= other[1]
