"""The one number that a task is scored by, of outputs that are at hand."""

import torch
from jaxtyping import Shaped
from torch import Tensor

from spectral_exp.dataset.info import DatasetInfo


@torch.no_grad()
def score_outputs(
    outputs: Shaped[Tensor, "n_rows n_out"], targets: Shaped[Tensor, " n_rows"], info: DatasetInfo
) -> float:
    """Score a net's outputs.

    Args:
        outputs: logits, or values as the net is trained on.
        targets: class codes, or such values.
        info: what the target is.

    Returns:
        The accuracy, or for regression the mean absolute error in the units of the target.
    """
    if info.task == "classification":
        return (outputs.argmax(1) == targets).float().mean().item()
    return (outputs.squeeze(1) - targets).abs().mean().item() * info.target_scale
