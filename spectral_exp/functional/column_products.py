"""Inner products of the columns of two matrices."""

import torch
from jaxtyping import Float
from torch import Tensor

KERNEL_TYPES = (torch.float32, torch.float64)


def column_products(left: Float[Tensor, "n_out n_in"], right: Float[Tensor, "n_out n_in"]) -> Float[Tensor, " n_in"]:
    """Compute the inner product of every column of one matrix with that of another.

    On a CPU by the only kernel of torch that multiplies and adds up in one pass: the gradient of the factors of a
    batch norm with mean 0 and variance 1 is this sum. In two passes it takes twice as long. Not differentiable.

    Args:
        left: any matrix.
        right: another one of the same shape.

    Returns:
        One number per column.

    Example:
        >>> column_products(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[1.0, 1.0], [1.0, 0.0]]))
        tensor([4., 2.])
    """
    if left.device.type != "cpu" or left.dtype not in KERNEL_TYPES:
        return (left * right).sum(0)
    mean, variance = left.new_zeros(left.shape[1]), left.new_ones(left.shape[1])
    _, products, _ = torch.ops.aten.native_batch_norm_backward.default(
        left, right, None, mean, variance, None, None, False, 0.0, [False, True, False]
    )
    return products
