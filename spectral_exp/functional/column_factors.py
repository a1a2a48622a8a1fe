"""By what every column of the vectors is multiplied in a spectral weight, and how gradients pass through that."""

import torch
from jaxtyping import Float
from torch import Tensor

from spectral_exp.functional.column_products import column_products


def column_factors(
    eigenvalues: Float[Tensor, " n_in"], vectors: Float[Tensor, "n_out n_in"], is_unit: bool
) -> tuple[Float[Tensor, " n_in"], Float[Tensor, " n_in"] | None]:
    """Compute the factor of every column.

    Args:
        eigenvalues: lambda, one per column.
        vectors: the columns.
        is_unit: normalise the columns.

    Returns:
        lambda_j, or lambda_j / ||v_j||; and the norms if they were taken, at least the smallest normal number.
    """
    if not is_unit:
        return eigenvalues, None
    norms = column_products(vectors, vectors).sqrt_().clamp_min_(torch.finfo(vectors.dtype).tiny)
    return eigenvalues / norms, norms


def through_norms(
    of_factors: Float[Tensor, " n_in"],
    of_vectors: Float[Tensor, "n_out n_in"],
    vectors: Float[Tensor, "n_out n_in"],
    factors: Float[Tensor, " n_in"],
    norms: Float[Tensor, " n_in"] | None,
) -> Float[Tensor, " n_in"]:
    """Turn gradients of factors into those of eigenvalues, and add to those of the vectors what their norms do.

    Args:
        of_factors: d/ds_j.
        of_vectors: d/dv_j with the factors held fixed; changed in place to the whole.
        vectors: the columns v_j.
        factors: s_j, from `column_factors`.
        norms: ||v_j||, from `column_factors`.

    Returns:
        d/dlambda_j.
    """
    if norms is None:
        return of_factors
    of_eigenvalues = of_factors / norms
    of_vectors.addcmul_(vectors, of_eigenvalues * factors / norms, value=-1)
    return of_eigenvalues
