"""The spectral parametrisation of a linear map between two groups of nodes.

Source: Chicchi et al., Communications Physics (2026), doi 10.1038/s42005-026-02614-7.
"""

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from spectral_exp.functional.blocks import block_norms
from spectral_exp.functional.column_factors import column_factors, through_norms
from spectral_exp.functional.column_products import column_products
from spectral_exp.functional.sparse import SparseSpectralLinear, is_sparse
from spectral_exp.functional.stacked import StackedSpectralLinear
from spectral_exp.functional.transformed import are_nets_stacked, is_transformed


def spectral_weight(
    eigenvalues: Float[Tensor, " n_in"],
    eigenvectors: Float[Tensor, "n_out n_in"],
    output_eigenvalues: Float[Tensor, " n_out"] | None = None,
) -> Float[Tensor, "n_out n_in"]:
    r"""Compute the dense weight that a spectral layer applies.

    A layer with n_in inputs and n_out outputs is the lower-left block of the transfer operator
    A = Phi Lambda Phi^-1 on all n_in + n_out nodes, where Phi = [[I, 0], [phi, I]] and
    Lambda = diag(lambda_in, lambda_out). Because Phi^-1 = 2 I - Phi, that block is
    w_ij = (lambda_in_j - lambda_out_i) phi_ij.

    Args:
        eigenvalues: lambda_in, one per input node.
        eigenvectors: phi, the block of the eigenvector matrix that is stored.
        output_eigenvalues: lambda_out, one per output node; zero if None.

    Returns:
        The weight, ready for `torch.nn.functional.linear`.

    Example:
        >>> spectral_weight(torch.tensor([2.0, 0.0]), torch.ones(1, 2))
        tensor([[2., 0.]])
    """
    if output_eigenvalues is None:
        return eigenvectors * eigenvalues
    return eigenvectors * (eigenvalues - output_eigenvalues.unsqueeze(-1))


def unit_columns(
    vectors: Float[Tensor, "*nets n_out n_in"],
) -> Float[Tensor, "*nets n_out n_in"]:
    """Scale every column to Euclidean norm 1; a column of zeros stays zero.

    Args:
        vectors: any matrix, or one per network.

    Returns:
        The matrix with normalised columns.
    """
    return torch.nn.functional.normalize(vectors, dim=-2, eps=torch.finfo(vectors.dtype).tiny)


def unit_blocks(
    vectors: Float[Tensor, "n_out n_in"], blocks: Int[Tensor, " n_in"], n_blocks: int
) -> Float[Tensor, "n_out n_in"]:
    """Scale every block of columns to Euclidean norm 1; a block of zeros stays zero.

    Args:
        vectors: any matrix.
        blocks: the block that each column belongs to, from 0.
        n_blocks: number of blocks.

    Returns:
        The matrix with normalised blocks.
    """
    norms = block_norms(vectors, blocks, n_blocks, least=torch.finfo(vectors.dtype).tiny)
    return vectors / norms.index_select(0, blocks)


def spectral_linear(
    inputs: Float[Tensor, "*rows n_in"],
    eigenvalues: Float[Tensor, " n_blocks"],
    vectors: Float[Tensor, "n_out n_in"],
    bias: Float[Tensor, " n_out"] | None,
    is_unit: bool = False,
    blocks: Int[Tensor, " n_in"] | None = None,
) -> Float[Tensor, "*rows n_out"]:
    r"""Apply a spectral layer at the price of a plain one.

    Equal to `F.linear(inputs, spectral_weight(eigenvalues, phi), bias)` with phi = vectors, or vectors
    with normalised columns, but only one matrix of gradients is formed: with G that of the weight and s_j the
    factor of column v_j in it (lambda_j, or lambda_j / ||v_j||), d/dv_j = s_j G_:j, which is the product of
    the outputs' gradient with the scaled inputs, and d/ds_j = <G_:j, v_j> = <d/dv_j, v_j> / s_j. The norm
    adds -(d/ds_j) s_j v_j / ||v_j||^2. Differentiable once.

    Args:
        inputs: rows of inputs, dense or in the CSR layout.
        eigenvalues: lambda, one per input, or one per block of columns.
        vectors: the columns that the eigenvectors are made of.
        bias: an additive bias.
        is_unit: normalise the columns of `vectors`, or its blocks.
        blocks: the eigenvalue that each column has; None if each has its own.

    Returns:
        Rows of outputs.
    """
    if blocks is not None:
        if is_unit:
            least = torch.finfo(vectors.dtype).tiny
            eigenvalues = eigenvalues / block_norms(vectors, blocks, eigenvalues.numel(), least)
        eigenvalues, is_unit = eigenvalues.index_select(0, blocks), False
    if is_sparse(inputs):
        of_sparse: Tensor = SparseSpectralLinear.apply(inputs, eigenvalues, vectors, bias, is_unit)
        return of_sparse
    if are_nets_stacked():
        of_nets: Tensor = StackedSpectralLinear.apply(
            inputs, eigenvalues, unit_columns(vectors) if is_unit else vectors, bias
        )
        return of_nets
    if is_transformed():
        weight = spectral_weight(eigenvalues, unit_columns(vectors) if is_unit else vectors)
        return F.linear(inputs, weight, bias)
    outputs: Tensor = _SpectralLinear.apply(inputs, eigenvalues, vectors, bias, is_unit)
    return outputs


# Gradients of columns whose factor is smaller could underflow: they are not divided by it.
LEAST_DIVISOR = 1e-15


class _SpectralLinear(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, eigenvalues: Tensor, vectors: Tensor, bias: Tensor | None, is_unit: bool
    ) -> Tensor:
        scale, norms = column_factors(eigenvalues, vectors, is_unit)
        if inputs.numel() < vectors.numel():  # the smaller of the two is scaled
            scaled = inputs * scale
            outputs = F.linear(scaled, vectors, bias)
            # Elsewhere than on a CPU the question would make the host wait for the device.
            ctx.is_scaled = scale.device.type == "cpu" and float(scale.abs().min()) > LEAST_DIVISOR
        else:
            outputs = F.linear(inputs, vectors * scale, bias)
            ctx.is_scaled = False
        ctx.save_for_backward(scaled if ctx.is_scaled else inputs, vectors, scale, norms)
        return outputs

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        inputs, vectors, scale, norms = ctx.saved_tensors
        of_inputs = (gradients[0] @ vectors) * scale if ctx.needs_input_grad[0] else None
        of_outputs = gradients[0].reshape(-1, vectors.shape[0])
        of_vectors = of_outputs.t() @ inputs.reshape(-1, vectors.shape[1])
        of_scale = column_products(of_vectors, vectors)
        if ctx.is_scaled:  # the inputs were, and so the gradient is that of the vectors already
            of_scale /= scale
        else:  # it is that of the weight, as yet
            of_vectors *= scale
        of_eigenvalues = through_norms(of_scale, of_vectors, vectors, scale, norms)
        return (
            of_inputs,
            of_eigenvalues,
            of_vectors,
            of_outputs.sum(0) if ctx.needs_input_grad[3] else None,
            None,
        )
