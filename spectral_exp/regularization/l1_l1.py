"""L1 penalty on eigenvalues and on eigenvectors."""

from jaxtyping import Float
from torch import Tensor

from spectral_exp.regularization.both_factors import BothFactors


class L1L1(BothFactors):
    r"""Add a sum_j |lambda_j| + b sum_ij |phi_ij| to the loss, a = strength, b = eigenvector_strength.

    At its minimum over all splits lambda * phi = w it equals 2 sqrt(a b) sum_j sqrt(||w_:j||_1),
    which presses small columns harder than large ones; the block of a group is one column, weighed by
    `SpectralLayer.weigh`.
    """

    def size(self, values: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        return values.abs()
