from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from torch.utils.data import DataLoader, TensorDataset

from spectral_exp.module.idle_hooks import (
    GRAPH_CHECK,
    PER_STEP_HOOKS,
    NoProfiler,
    pass_over_idle_hooks,
    skip_graph_check,
)


class Net(pl.LightningModule):
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)
        self.n_before_zero_grad = 0

    def training_step(self, batch: list[torch.Tensor], batch_idx: int) -> torch.Tensor:
        loss: torch.Tensor = self.layer(batch[0]).square().mean()
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)

    def on_before_zero_grad(self, optimizer: Any) -> None:
        self.n_before_zero_grad += 1


class Counter(pl.Callback):
    def __init__(self) -> None:
        self.n_batches = 0
        self.n_epochs = 0

    def on_train_batch_end(self, *arguments: Any, **keywords: Any) -> None:
        self.n_batches += 1

    def on_train_epoch_end(self, *arguments: Any) -> None:
        self.n_epochs += 1


def test_hooks_that_do_something_are_called_and_no_others_of_a_step() -> None:
    net, counter = Net(), Counter()
    for owner in (net, counter):
        pass_over_idle_hooks(owner)
    trainer = pl.Trainer(
        max_epochs=2,
        accelerator="cpu",
        callbacks=[counter],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        profiler=NoProfiler(),
        log_every_n_steps=1,
    )

    trainer.fit(net, DataLoader(TensorDataset(torch.ones(6, 2)), batch_size=2))

    assert (counter.n_batches, counter.n_epochs, net.n_before_zero_grad) == (6, 2, 6)
    assert [hook for hook in PER_STEP_HOOKS if getattr(counter, hook) is not None] == ["on_train_batch_end"]
    assert [hook for hook in PER_STEP_HOOKS if getattr(net, hook) is not None] == ["on_before_zero_grad"]


@pytest.mark.parametrize(
    ("options", "is_idle"), [({"every_n_epochs": 1}, True), ({"every_n_train_steps": 5}, False), ({}, True)]
)
def test_a_checkpoint_by_steps_is_asked_in_every_step(options: dict[str, int], is_idle: bool) -> None:
    checkpoint = ModelCheckpoint(**options)  # type: ignore[arg-type]

    pass_over_idle_hooks(checkpoint)

    assert (checkpoint.on_train_batch_end is None) == is_idle


def test_an_optimizer_moves_as_before_without_looking_for_gpus() -> None:
    layers = [torch.nn.Linear(3, 1) for _ in range(2)]
    layers[1].load_state_dict(layers[0].state_dict())
    optimizers = [torch.optim.Adam(layer.parameters(), lr=0.1, fused=True) for layer in layers]
    skip_graph_check(optimizers[1])

    for layer, optimizer in zip(layers, optimizers, strict=True):
        for _ in range(3):
            optimizer.zero_grad()
            layer(torch.ones(2, 3)).square().sum().backward()
            optimizer.step()

    assert torch.equal(layers[0].weight, layers[1].weight)
    assert hasattr(torch.optim.Adam, GRAPH_CHECK) == hasattr(optimizers[1], GRAPH_CHECK)


def test_installed_packages_are_looked_through_for_one_trainer_only(monkeypatch) -> None:
    pl.Trainer(accelerator="cpu", logger=False)
    monkeypatch.setattr("importlib.metadata.distributions", lambda **about: pytest.fail("looked through again"))
    pl.Trainer(accelerator="cpu", logger=False)
