"""Columns in blocks: several columns of a weight that share one eigenvalue."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def block_sums(
    values: Float[Tensor, " n_in"], blocks: Int[Tensor, " n_in"] | None, n_blocks: int
) -> Float[Tensor, " n_blocks"]:
    """Add up the values of every block.

    Args:
        values: one per column.
        blocks: the block that each column belongs to, from 0; None if every column is a block of its own.
        n_blocks: number of blocks.

    Returns:
        One sum per block.
    """
    return values if blocks is None else values.new_zeros(n_blocks).index_add(0, blocks, values)


def block_norms(
    vectors: Float[Tensor, "n_rows n_in"], blocks: Int[Tensor, " n_in"], n_blocks: int, least: float = 0.0
) -> Float[Tensor, " n_blocks"]:
    """Compute the Euclidean norm of every block of columns.

    Args:
        vectors: any matrix.
        blocks: the block that each column belongs to, from 0.
        n_blocks: number of blocks.
        least: the square of the least norm to return; above 0 it keeps the gradient at 0 finite.

    Returns:
        One norm per block.

    Example:
        >>> block_norms(torch.tensor([[3.0, 1.0, 4.0]]), torch.tensor([0, 1, 0]), 2)
        tensor([5., 1.])
    """
    return block_sums(vectors.square().sum(dim=0), blocks, n_blocks).clamp_min(least).sqrt()


def whole_blocks(mask: Bool[Tensor, " n_in"], blocks: Int[Tensor, " n_in"] | None) -> Bool[Tensor, " n_in"]:
    """Extend a mask to every block that it touches.

    Args:
        mask: any mask.
        blocks: the block that each place belongs to, from 0; None if each stands alone.

    Returns:
        True for every place whose block has a True in the mask.

    Example:
        >>> whole_blocks(torch.tensor([True, False, False]), torch.tensor([0, 1, 0]))
        tensor([ True, False,  True])
    """
    return mask if blocks is None else torch.isin(blocks, blocks[mask])
