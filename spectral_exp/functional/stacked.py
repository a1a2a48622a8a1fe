"""The spectral layers of several networks at once, by themselves or under `torch.func.vmap`."""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F


def stacked_linear(
    inputs: Float[Tensor, "..."],
    factors: Float[Tensor, "n_nets n_in"],
    vectors: Float[Tensor, "n_nets n_out n_in"],
    bias: Float[Tensor, "n_nets n_out"] | None,
) -> Float[Tensor, "n_nets n_rows n_out"]:
    """Compute `F.linear(inputs, vectors * factors, bias)` of every network by few large products.

    Differentiable once.

    Args:
        inputs: (n_nets, n_rows, n_in), or (n_rows, n_in) for inputs that they share.
        factors: what the columns of every network are multiplied by.
        vectors: the columns.
        bias: an additive bias.

    Returns:
        The outputs.
    """
    if inputs.dim() == 2:
        of_shared: Tensor = _OfSharedInputs.apply(inputs, factors, vectors, bias)
        return of_shared.transpose(0, 1)
    of_own: Tensor = _OfOwnInputs.apply(inputs, factors, vectors, bias)
    return of_own


class StackedSpectralLinear(torch.autograd.Function):
    """`stacked_linear` for networks that vmap runs.

    Left to it, the weight and its gradient would be formed once more, and laid out as no optimizer wants them.
    Differentiable once; to be called under vmap alone.
    """

    @staticmethod
    def forward(inputs: Tensor, factors: Tensor, vectors: Tensor, bias: Tensor | None) -> Tensor:
        raise NotImplementedError("StackedSpectralLinear is for torch.func.vmap over networks")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        """Remember nothing; torch asks for this method of what can be transformed."""

    @staticmethod
    def vmap(
        info: Any, in_dims: Sequence[int | None], inputs: Tensor, factors: Tensor, vectors: Tensor, bias: Tensor | None
    ) -> tuple[Tensor, int]:
        """Compute the outputs of all networks.

        Args:
            info: torch's, about the vmap.
            in_dims: the axis of the networks in every argument, the first but for inputs; None for inputs that they
                share.
            inputs: (n_nets, n_rows, n_in), with the networks on any axis, or (n_rows, n_in).
            factors: (n_nets, n_in).
            vectors: (n_nets, n_out, n_in).
            bias: (n_nets, n_out), or None.

        Returns:
            (n_nets, n_rows, n_out), and the axis of the networks.
        """
        own = inputs if in_dims[0] is None else inputs.movedim(in_dims[0], 0)
        return stacked_linear(own, factors, vectors, bias), 0


class _OfOwnInputs(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Tensor, factors: Tensor, vectors: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(inputs, factors, vectors)
        weight = _weight(factors, vectors).transpose(1, 2)
        return torch.bmm(inputs, weight) if bias is None else torch.baddbmm(bias.unsqueeze(1), inputs, weight)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        inputs, factors, vectors = ctx.saved_tensors
        of_inputs = torch.bmm(gradients[0], _weight(factors, vectors)) if ctx.needs_input_grad[0] else None
        of_weight = torch.bmm(gradients[0].transpose(1, 2), inputs)
        of_bias = gradients[0].sum(1) if ctx.needs_input_grad[3] else None
        return of_inputs, *_of_columns(of_weight, factors, vectors), of_bias


class _OfSharedInputs(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Tensor, factors: Tensor, vectors: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(inputs, factors, vectors)
        weight = _weight(factors, vectors).flatten(0, 1)
        outputs = F.linear(inputs, weight, None if bias is None else bias.flatten())
        return outputs.reshape(len(inputs), *vectors.shape[:2])

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        inputs, factors, vectors = ctx.saved_tensors
        of_outputs = gradients[0].flatten(1)
        of_inputs = of_outputs @ _weight(factors, vectors).flatten(0, 1) if ctx.needs_input_grad[0] else None
        of_weight = (of_outputs.t() @ inputs).reshape(vectors.shape)
        of_bias = gradients[0].sum(0) if ctx.needs_input_grad[3] else None
        return of_inputs, *_of_columns(of_weight, factors, vectors), of_bias


def _weight(
    factors: Float[Tensor, "n_nets n_in"], vectors: Float[Tensor, "n_nets n_out n_in"]
) -> Float[Tensor, "n_nets n_out n_in"]:
    return vectors * factors.unsqueeze(1)


def _of_columns(
    of_weight: Float[Tensor, "n_nets n_out n_in"],
    factors: Float[Tensor, "n_nets n_in"],
    vectors: Float[Tensor, "n_nets n_out n_in"],
) -> tuple[Float[Tensor, "n_nets n_in"], Float[Tensor, "n_nets n_out n_in"]]:
    """Gradients of factors and vectors; that of the weight becomes the latter in place."""
    of_factors = torch.linalg.vecdot(of_weight, vectors, dim=1)
    return of_factors, of_weight.mul_(factors.unsqueeze(1))
