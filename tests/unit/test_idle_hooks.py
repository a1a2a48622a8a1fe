from typing import Any

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset

from spectral_exp.idle_hooks import PER_STEP_HOOKS, NoProfiler, pass_over_idle_hooks


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
