"""The spectral parametrisation of a linear map between two groups of nodes.

Source: Chicchi et al., Communications Physics (2026), doi 10.1038/s42005-026-02614-7.
"""

import threading
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from spectral_exp.functional.blocks import block_norms
from spectral_exp.functional.sparse import SparseSpectralLinear, is_sparse


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


def transfer_operator(
    eigenvalues: Float[Tensor, " n_in"],
    eigenvectors: Float[Tensor, "n_out n_in"],
    output_eigenvalues: Float[Tensor, " n_out"],
) -> Float[Tensor, "n n"]:
    """Build the whole operator Phi Lambda Phi^-1 by matrix products (for study and tests).

    Args:
        eigenvalues: lambda_in, one per input node.
        eigenvectors: phi.
        output_eigenvalues: lambda_out, one per output node.

    Returns:
        A square matrix over n = n_in + n_out nodes; its block [n_in:, :n_in] is `spectral_weight`.
    """
    n_out, n_in = eigenvectors.shape
    basis = torch.eye(n_in + n_out, dtype=eigenvectors.dtype, device=eigenvectors.device)
    basis[n_in:, :n_in] = eigenvectors
    spectrum = torch.diag(torch.cat([eigenvalues, output_eigenvalues]))
    return basis @ spectrum @ torch.linalg.inv(basis)


def unit_columns(
    vectors: Float[Tensor, "n_out n_in"],
) -> Float[Tensor, "n_out n_in"]:
    """Scale every column to Euclidean norm 1; a column of zeros stays zero.

    Args:
        vectors: any matrix.

    Returns:
        The matrix with normalised columns.
    """
    return torch.nn.functional.normalize(vectors, dim=0, eps=torch.finfo(vectors.dtype).tiny)


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
    with normalised columns, but the gradient G of the weight is formed once and turned in place into
    those of its factors: with s_j the factor of column v_j in the weight (lambda_j, or
    lambda_j / ||v_j||), d/ds_j = <G_:j, v_j> and d/dv_j = s_j G_:j, to which the norm adds
    -(d/ds_j) s_j v_j / ||v_j||^2. Differentiable once.

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
    if torch.is_autocast_enabled(inputs.device.type):  # which casts by operation: leave it the operations
        weight = spectral_weight(eigenvalues, unit_columns(vectors) if is_unit else vectors)
        return F.linear(inputs, weight, bias)
    outputs: Tensor = _SpectralLinear.apply(inputs, eigenvalues, vectors, bias, is_unit)
    return outputs


class _Scratch(threading.local):
    """Room for a product as large as a weight, kept between steps: fresh pages cost more than the product."""

    room: Tensor = torch.empty(0)

    def like(self, tensor: Tensor) -> Tensor:
        if tensor.device.type != "cpu":  # other devices' allocators keep memory themselves
            return torch.empty_like(tensor)
        if self.room.shape != tensor.shape or self.room.dtype != tensor.dtype:
            self.room = torch.empty_like(tensor)
        return self.room


_scratch = _Scratch()


class _SpectralLinear(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, eigenvalues: Tensor, vectors: Tensor, bias: Tensor | None, is_unit: bool
    ) -> Tensor:
        norms = None
        if is_unit:
            norms = torch.linalg.vector_norm(vectors, dim=0).clamp_min(torch.finfo(vectors.dtype).tiny)
        scale = eigenvalues if norms is None else eigenvalues / norms
        ctx.save_for_backward(inputs, vectors, scale, norms)
        if inputs.numel() < vectors.numel():  # the smaller of the two is scaled
            return F.linear(inputs * scale, vectors, bias)
        return F.linear(inputs, vectors * scale, bias)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        inputs, vectors, scale, norms = ctx.saved_tensors
        of_inputs = (gradients[0] @ vectors) * scale if ctx.needs_input_grad[0] else None
        of_outputs = gradients[0].reshape(-1, vectors.shape[0])
        of_vectors = of_outputs.t() @ inputs.reshape(-1, vectors.shape[1])  # of the weight, as yet
        of_scale = torch.mul(of_vectors, vectors, out=_scratch.like(vectors)).sum(0)
        of_vectors *= scale
        of_eigenvalues = of_scale
        if norms is not None:
            of_eigenvalues = of_scale / norms
            of_vectors.addcmul_(vectors, of_eigenvalues * scale / norms, value=-1)
        return (
            of_inputs,
            of_eigenvalues,
            of_vectors,
            of_outputs.sum(0) if ctx.needs_input_grad[3] else None,
            None,
        )
