"""What a step on a GPU must not do: wait for the device."""

from typing import Any

import pytest
import pytorch_lightning as pl
import torch

from spectral_exp.build import build
from spectral_exp.cli.compose import compose_config
from spectral_exp.settings import read_settings
from spectral_exp.training.training import load_data, prepare_training


class NoWaiting(pl.Callback):
    """From the second step on, any wait for the device between the start of a step and its end is an error."""

    def __init__(self) -> None:
        self.n_steps = 0

    def on_train_batch_start(self, trainer: pl.Trainer, pl_module: Any, batch: Any, batch_idx: int) -> None:
        if batch_idx > 0:
            torch.cuda.set_sync_debug_mode("error")

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        torch.cuda.set_sync_debug_mode("default")
        self.n_steps += 1


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
@pytest.mark.parametrize(
    "overrides",
    [
        ("regularization=l1",),
        ("regularization=l2_l2",),
        ("regularization=l1", "model.gauge=unit", "model.batch_norm=true", "model.dropout=0.1"),
        ("regularization=group", "model.gauge=unit"),
        ("regularization=path", "regularization.n_final=10", "regularization.end=0.5", "lr_schedule=cosine"),
    ],
)
def test_no_step_waits_for_the_device(tmp_path, overrides, precision) -> None:
    config = compose_config(
        [
            "dataset=digits",
            "trainer=gpu",
            f"trainer.precision={precision}",
            "batch_size=64",
            "trainer.max_epochs=4",
            *overrides,
        ]
    )
    settings, counter = read_settings(config), NoWaiting()
    data = load_data(config, settings)
    training = prepare_training(
        config, settings, tmp_path, data, build(config.selection, "selection"), callbacks=[counter]
    )

    try:
        training.fit(None)
    finally:
        torch.cuda.set_sync_debug_mode("default")

    assert counter.n_steps > 50
