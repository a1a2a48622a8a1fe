"""Is a sparse solution one? The conditions that the minimum of a group lasso has to fulfil, checked after the fit."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from spectral_exp.dataset.rows import Rows
from spectral_exp.functional.blocks import block_norms
from spectral_exp.layer.columns import Columns


def kkt_certificate(
    gradient: Float[Tensor, "n_out n_in"],
    weight: Float[Tensor, "n_out n_in"],
    strength: float,
    columns: Columns | None = None,
) -> dict[str, float | None]:
    r"""Measure by how much a weight misses the optimality conditions of loss + strength * sum_j ||w_:j||.

    With G the gradient of the loss and a the strength, a minimum has G_:j = -a w_:j / ||w_:j|| for every kept
    input (w_:j != 0) and ||G_:j|| <= a for every dropped one (Karush, Kuhn, Tucker). The violations are the
    largest ||G_:j + a w_:j / ||w_:j|| || and the largest ||G_:j|| - a. For a linear model and a convex loss both
    at 0 prove the global minimum; for a net they say that, with the other layers as they are, no input wants to
    enter, leave or change. For the block of a group of p inputs the strength is sqrt(p) a (`SpectralLayer.weigh`), and
    norms are divided by sqrt(p): they are root mean squares over its inputs, of the size of those of single ones.

    If nothing is kept, `largest_gradient_norm` is the strength below which the first input enters.

    Args:
        gradient: of the loss over all training rows, with respect to the weight.
        weight: the weight of the input layer.
        strength: the penalty's factor at the end of training.
        columns: which of them are one block w_:j, and which blocks are always kept and feel no penalty; None if
            each is a block that does.

    Returns:
        `kkt_violation_kept` and `kkt_violation_dropped`, and the same relative to the strength (None at strength
        0); 0 where there are no such inputs. `n_nonzero`, and `largest_gradient_norm` over all inputs that feel the
        penalty.

    Example:
        >>> kkt_certificate(torch.tensor([[-1.0, 0.5]]), torch.tensor([[2.0, 0.0]]), strength=1.0)["kkt_violation_kept"]
        0.0
    """
    blocks, weights = (None, None) if columns is None else (columns.blocks, columns.penalty_weights)
    one_to_one = torch.arange(weight.shape[1], device=weight.device)
    block_of = one_to_one if blocks is None else blocks
    n_blocks = int(block_of.max()) + 1
    norms, gradient_norms = (block_norms(matrix, block_of, n_blocks) for matrix in (weight, gradient))
    is_kept = norms > 0
    weights = torch.ones_like(norms) if weights is None else weights
    is_pressed = weights > 0
    roots = torch.where(is_pressed, weights, 1.0)
    pull = (strength * weights / torch.where(is_kept, norms, 1.0))[block_of]
    of_kept = block_norms(gradient + pull * weight, block_of, n_blocks) / roots
    of_dropped = gradient_norms / roots - strength * is_pressed
    # Inputs of the other kind count as 0, which is no violation.
    kept = float(torch.where(is_kept, of_kept, 0.0).max())
    dropped = float(torch.where(is_kept, 0.0, of_dropped).clamp_min(0.0).max())
    return {
        "n_nonzero": int(is_kept.sum()),
        "kkt_violation_kept": kept,
        "kkt_violation_dropped": dropped,
        "kkt_violation_kept_relative": kept / strength if strength > 0 else None,
        "kkt_violation_dropped_relative": dropped / strength if strength > 0 else None,
        "largest_gradient_norm": float(torch.where(is_pressed, gradient_norms / roots, 0.0).max()),
    }


def whole_gradient(
    model: nn.Module, weight: Tensor, loss: Callable[[Tensor, Tensor], Tensor], part: Rows
) -> Float[Tensor, "n_out n_in"]:
    """Compute the gradient of the mean loss over all rows, in evaluation mode, a few thousand rows at a time.

    Args:
        model: the trained network; its mode is left as it was.
        weight: the parameter that the gradient is for, on the model's device.
        loss: the mean over some rows, from outputs and targets.
        part: the rows.

    Returns:
        The gradient, of the weight's shape.
    """
    was_training = model.training
    model.eval()
    total = torch.zeros_like(weight)
    with torch.enable_grad():
        for inputs, targets in part.in_turn():
            mean = loss(model(inputs.to(weight.device)), targets.to(weight.device))
            total += torch.autograd.grad(mean, weight)[0] * (len(targets) / len(part))
    model.train(was_training)
    return total.detach()
