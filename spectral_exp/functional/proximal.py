"""Proximal maps: the step that a penalty with a kink takes, and by which weights become exactly zero."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from spectral_exp.functional.blocks import block_norms


def block_soft_threshold(
    weight: Float[Tensor, "n_out n_in"],
    threshold: Float[Tensor, " n_blocks"],
    blocks: Int[Tensor, " n_in"] | None = None,
) -> Float[Tensor, "n_out n_in"]:
    r"""Shorten every block of columns by a length, down to exactly zero.

    A block w_b becomes max(1 - t_b / ||w_b||, 0) w_b. With t_b = s_b a this is the proximal map of the group
    lasso, argmin_z 1/2 ||z - w_b||^2 / s_b + a ||z||: for z != 0 the minimum has z - w_b + t_b z / ||z|| = 0,
    so z points along w_b and is t_b shorter, which is possible as long as ||w_b|| > t_b; otherwise z = 0.
    It has a closed form because one step size s_b holds for the whole block.

    Args:
        weight: the columns, one per input.
        threshold: t, the length that each block loses, >= 0.
        blocks: the block that each column belongs to, from 0; None if every column is a block of its own.

    Returns:
        The shortened columns.

    Example:
        >>> block_soft_threshold(torch.tensor([[3.0, 0.3], [4.0, 0.4]]), torch.tensor([1.0, 1.0]))
        tensor([[2.4000, 0.0000],
                [3.2000, 0.0000]])
    """
    norms = torch.linalg.vector_norm(weight, dim=0) if blocks is None else block_norms(weight, blocks, len(threshold))
    factors = torch.where(norms > threshold, (norms - threshold) / norms, 0.0)
    return weight * (factors if blocks is None else factors.index_select(0, blocks))
