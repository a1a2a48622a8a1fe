"""The spectral parametrisation of a linear map between two groups of nodes.

Source: Chicchi et al., Communications Physics (2026), doi 10.1038/s42005-026-02614-7.
"""

import torch
from jaxtyping import Float
from torch import Tensor


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
