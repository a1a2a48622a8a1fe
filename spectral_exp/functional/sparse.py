"""Rows that are mostly zeros, in torch's CSR layout: choosing rows and columns, and the spectral layer on them."""

import warnings
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from spectral_exp.functional.column_factors import column_factors, through_norms


def is_sparse(inputs: Tensor) -> bool:
    """Tell whether rows are in the CSR layout.

    Args:
        inputs: rows of inputs.

    Returns:
        True if so.
    """
    return inputs.layout == torch.sparse_csr


def csr(
    row_starts: Int[Tensor, " n_rows_1"], columns: Int[Tensor, " n_values"], values: Float[Tensor, " n_values"], n: int
) -> Float[Tensor, "n_rows n"]:
    """Build rows from their values.

    Args:
        row_starts: where every row's values start, and their number.
        columns: the column of every value.
        values: all that is not zero, row by row.
        n: number of columns.

    Returns:
        The rows in the CSR layout.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta", UserWarning)
        return torch.sparse_csr_tensor(row_starts, columns, values, (len(row_starts) - 1, n), check_invariants=False)


def take_rows(inputs: Float[Tensor, "n_rows n"], rows: Int[Tensor, " k"]) -> Float[Tensor, "k n"]:
    """Choose rows.

    Args:
        inputs: rows in the CSR layout.
        rows: which.

    Returns:
        These rows in the CSR layout.
    """
    starts = inputs.crow_indices()
    lengths = starts.diff()[rows]
    row_starts = F.pad(lengths.cumsum(0), (1, 0))
    shift = torch.repeat_interleave(starts[rows] - row_starts[:-1], lengths)
    taken = torch.arange(len(shift), device=shift.device) + shift
    return csr(row_starts, inputs.col_indices()[taken], inputs.values()[taken], inputs.shape[1])


def take_columns(
    inputs: Float[Tensor, "*rows n"], columns: Int[Tensor, " k"], axis: int = -1
) -> Float[Tensor, "*rows k"]:
    """Choose columns of rows in any layout.

    Args:
        inputs: rows of inputs.
        columns: which, rising.
        axis: where the columns are; sparse rows have them along the last axis.

    Returns:
        The rows with these columns alone, in the same layout.
    """
    if not is_sparse(inputs):
        return inputs.index_select(axis, columns)
    position = torch.full((inputs.shape[1],), -1, device=columns.device)
    position[columns] = torch.arange(len(columns), device=columns.device)
    found = position[inputs.col_indices()]
    is_taken = found >= 0
    row_starts = F.pad(is_taken.cumsum(0), (1, 0))[inputs.crow_indices()]
    return csr(row_starts, found[is_taken], inputs.values()[is_taken], len(columns))


def linear(
    inputs: Float[Tensor, "*rows n_in"], weight: Float[Tensor, "n_out n_in"], bias: Float[Tensor, " n_out"] | None
) -> Float[Tensor, "*rows n_out"]:
    """Apply a dense weight to rows in any layout.

    Args:
        inputs: rows of inputs.
        weight: the weight.
        bias: an additive bias.

    Returns:
        Rows of outputs, dense.
    """
    if not is_sparse(inputs):
        return F.linear(inputs, weight, bias)
    outputs: Tensor = SparseSpectralLinear.apply(inputs, weight.new_ones(weight.shape[1]), weight, bias, False)
    return outputs


class SparseSpectralLinear(torch.autograd.Function):
    """`functional.spectral.spectral_linear` for rows in the CSR layout, at the price of the columns they touch.

    Only those columns of the vectors are gathered, scaled and multiplied, and only they get a gradient other
    than 0. Rows get none.
    """

    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, eigenvalues: Tensor, vectors: Tensor, bias: Tensor | None, is_unit: bool
    ) -> Tensor:
        touched, columns = torch.unique(inputs.col_indices(), return_inverse=True)
        inputs = csr(inputs.crow_indices(), columns, inputs.values(), len(touched))
        ours = vectors.index_select(1, touched)
        scale, norms = column_factors(eigenvalues.index_select(0, touched), ours, is_unit)
        ctx.save_for_backward(inputs, touched, ours, scale, norms)
        ctx.shape = vectors.shape
        outputs: Tensor = inputs @ (ours * scale).t()
        return outputs if bias is None else outputs + bias

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        inputs, touched, ours, scale, norms = ctx.saved_tensors
        of_outputs = gradients[0]
        of_vectors = (inputs.t().to_sparse_csr() @ of_outputs).t()  # of the weight, as yet
        of_scale = (of_vectors * ours).sum(0)
        of_vectors = of_vectors * scale
        of_eigenvalues = through_norms(of_scale, of_vectors, ours, scale, norms)
        n_out, n_in = ctx.shape
        return (
            None,
            ours.new_zeros(n_in).index_copy_(0, touched, of_eigenvalues),
            ours.new_zeros(n_out, n_in).index_copy_(1, touched, of_vectors),
            of_outputs.sum(0) if ctx.needs_input_grad[3] else None,
            None,
        )
