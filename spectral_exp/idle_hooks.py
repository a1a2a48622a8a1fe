"""Keep Lightning's training loop from calling, in every step, what does nothing: small nets would wait for it."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.profilers import PassThroughProfiler

PER_STEP_HOOKS = (
    "on_train_batch_start",
    "on_train_batch_end",
    "on_before_zero_grad",
    "on_before_backward",
    "on_after_backward",
    "on_before_optimizer_step",
)
NO_SPAN: AbstractContextManager[Any] = nullcontext()


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
    for hook in PER_STEP_HOOKS:
        if getattr(type(owner), hook) is getattr(base, hook):
            setattr(owner, hook, None)
