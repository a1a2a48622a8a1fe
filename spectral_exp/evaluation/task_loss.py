"""What a task is trained on."""

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional as F

from spectral_exp.dataset.info import DatasetInfo

LOSSES: dict[str, tuple[str, Callable[..., Tensor]]] = {
    "cross_entropy": ("classification", F.cross_entropy),
    "mse": ("regression", F.mse_loss),
    "l1": ("regression", F.l1_loss),
}
AUTO_LOSS = {"classification": "cross_entropy", "regression": "mse"}


def task_loss(name: str, info: DatasetInfo) -> Callable[..., Tensor]:
    """Choose the loss of a task.

    Args:
        name: `auto`, or one of `LOSSES`.
        info: what the target is.

    Returns:
        The mean loss of outputs (of logits, or of one value per row) and targets; with `reduction="none"` that of each
        row.

    Raises:
        ValueError: if the loss is unknown or does not fit the task.
    """
    name = AUTO_LOSS[info.task] if name == "auto" else name
    if name not in LOSSES:
        raise ValueError(f"loss must be one of auto, {', '.join(LOSSES)}, got {name!r}")
    task, loss = LOSSES[name]
    if task != info.task:
        raise ValueError(f"loss={name} is for {task}, but {info.name} is a {info.task}; use loss=auto")
    return loss
