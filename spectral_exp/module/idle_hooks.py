"""Keep Lightning from doing, in every step and for every trainer, what is for nobody: small nets would wait for it."""

import functools
from contextlib import AbstractContextManager, nullcontext
from importlib.metadata import entry_points
from typing import Any

import pytorch_lightning as pl
from lightning_fabric.utilities import registry
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.profilers import PassThroughProfiler
from torch.optim import Optimizer

PER_STEP_HOOKS = (
    "on_train_batch_start",
    "on_train_batch_end",
    "on_before_zero_grad",
    "on_before_backward",
    "on_after_backward",
    "on_before_optimizer_step",
)
GRAPH_CHECK = "_accelerator_graph_capture_health_check"
NO_SPAN: AbstractContextManager[Any] = nullcontext()


# A trainer looks through all packages that are installed for some that bring callbacks; they stay the same.
registry.entry_points = functools.cache(entry_points)  # type: ignore[attr-defined, assignment]


class NoProfiler(PassThroughProfiler):
    """Measure nothing, at no cost: Lightning's own makes a generator for each of some forty spans of a step."""

    def profile(self, action_name: str) -> AbstractContextManager[Any]:  # type: ignore[override]
        return NO_SPAN


def pass_over_idle_hooks(owner: pl.Callback | pl.LightningModule) -> None:
    """Set the hooks of a step that the owner has from its base class, and that do nothing, to None.

    Lightning passes over hooks that cannot be called, without a span of its profiler and a key for each.

    Args:
        owner: a callback or a module.
    """
    base = pl.Callback if isinstance(owner, pl.Callback) else pl.LightningModule
    idle = [hook for hook in PER_STEP_HOOKS if getattr(type(owner), hook) is getattr(base, hook)]
    if isinstance(owner, ModelCheckpoint) and _saves_by_epochs(owner):
        idle.append("on_train_batch_end")
    for hook in idle:
        setattr(owner, hook, None)


def skip_graph_check(optimizer: Optimizer) -> None:
    """Keep an optimizer of parameters on the CPU from asking in every step whether a GPU is recording it as a graph.

    Without a GPU torch looks for a driver each time, which takes a tenth of the step of a small net.

    Args:
        optimizer: Adam or AdamW; others do not ask.
    """
    if hasattr(optimizer, GRAPH_CHECK):
        setattr(optimizer, GRAPH_CHECK, lambda: None)


def _saves_by_epochs(checkpoint: ModelCheckpoint) -> bool:
    every_n_steps = getattr(checkpoint, "_every_n_train_steps", None)
    return every_n_steps == 0 and getattr(checkpoint, "_train_time_interval", every_n_steps) is None
