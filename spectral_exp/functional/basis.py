"""Inputs expanded in functions of each."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor


def expand(
    inputs: Float[Tensor, "*rows n_in"],
    functions: Sequence[str],
    coefficients: Float[Tensor, "4 n_functions n_in"],
) -> Float[Tensor, "*rows n_columns"]:
    r"""Compute columns c f(a x + b) + d of every input x.

    Args:
        inputs: rows of inputs.
        functions: names of elementwise functions of `torch`, such as `square`.
        coefficients: a, b, c, d for every function and input.

    Returns:
        All inputs under the first function, then all under the second, and so on.

    Example:
        >>> centred = torch.tensor([1.0, 0.0, 0.5, -2.0])  # x^2 / 2 - 2
        >>> expand(torch.tensor([[2.0], [4.0]]), ["square"], centred.reshape(4, 1, 1)).tolist()
        [[0.0], [6.0]]
    """
    columns = []
    for name, (slope, offset, factor, shift) in zip(functions, coefficients.unbind(1), strict=True):
        values = getattr(torch, name)(torch.addcmul(offset, inputs, slope))
        columns.append(torch.addcmul(shift, values, factor))
    return torch.cat(columns, dim=-1)
