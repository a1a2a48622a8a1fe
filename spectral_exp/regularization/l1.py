"""L1 penalty on the eigenvalues."""

import torch
from jaxtyping import Float
from torch import Tensor

from spectral_exp.layer.spectral_layer import SpectralLayer
from spectral_exp.regularization.regularization import Regularization


class L1(Regularization):
    r"""Add strength * sum_j |lambda_j| to the loss.

    In the unit gauge |lambda_j| is the norm of the weight column, so this is the group lasso on the
    columns, or on blocks of columns that share an eigenvalue, weighed as there (`SpectralLayer.weigh`). In the free
    gauge the eigenvectors can grow against it.

    Args:
        strength: the penalty's factor, >= 0.
        schedule: makes the strength a function of training progress.
    """

    def terms(self, layer: SpectralLayer) -> tuple[Float[Tensor, ""], ...]:
        return (torch.linalg.vector_norm(layer.weigh(layer.eigenvalues), 1),)
