"""L1 penalty on the eigenvalues."""

import torch
from jaxtyping import Float
from torch import Tensor

from spectral_exp.layer.spectral_layer import SpectralLayer
from spectral_exp.regularization.regularization import Regularization


class L1(Regularization):
    r"""Add strength * sum_j |lambda_j| to the loss.

    In the unit gauge |lambda_j| is the norm of the weight column, so this is the group lasso on the
    columns, or on blocks of columns that share an eigenvalue. In the free gauge the eigenvectors can grow
    against it. Inputs that are always kept are left out of the sum, and the eigenvalue of a group of p inputs counts
    sqrt(p) times, as in the group lasso (Yuan and Lin, 2006): noise in many columns fits more by chance than in one.

    Args:
        strength: the penalty's factor, >= 0.
        schedule: makes the strength a function of training progress.
    """

    def terms(self, layer: SpectralLayer) -> tuple[Float[Tensor, ""], ...]:
        eigenvalues, roots = layer.pressed_eigenvalues, layer.columns.root_sizes
        return (torch.linalg.vector_norm(eigenvalues if roots is None else eigenvalues * roots, 1),)
