"""Operations on the mask of kept inputs (True = kept)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from spectral_exp.functional.sparse import csr, is_sparse


def scatter(
    values: Float[Tensor, "*rows n_kept"],
    mask: Bool[Tensor, " n_features"],
    fill: float = 0.0,
) -> Float[Tensor, "*rows n_features"]:
    """Place the values of the kept inputs at their positions among all inputs.

    Args:
        values: one value per kept input along the last axis.
        mask: which inputs are kept.
        fill: the value of the dropped inputs.

    Returns:
        The values over all inputs.

    Example:
        >>> scatter(torch.tensor([5.0]), torch.tensor([False, True]))
        tensor([0., 5.])
    """
    full = values.new_full((*values.shape[:-1], mask.numel()), fill)
    full[..., mask] = values
    return full


def blank(
    inputs: Float[Tensor, "*rows n_features"],
    mask: Bool[Tensor, " n_features"],
) -> Float[Tensor, "*rows n_features"]:
    """Replace dropped inputs by zero, whatever they hold (a product would let NaN through).

    Args:
        inputs: rows of inputs.
        mask: which inputs are kept.

    Returns:
        The rows with zeros in place of the dropped inputs.
    """
    if is_sparse(inputs):
        columns, values = inputs.col_indices(), inputs.values()
        return csr(inputs.crow_indices(), columns, torch.where(mask[columns], values, 0.0), inputs.shape[1])
    return torch.where(mask, inputs, torch.zeros((), dtype=inputs.dtype, device=inputs.device))
