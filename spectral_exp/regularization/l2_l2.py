"""The paper's penalty: L2 on eigenvalues and on eigenvectors."""

from jaxtyping import Float
from torch import Tensor

from spectral_exp.regularization.both_factors import BothFactors


class L2L2(BothFactors):
    r"""Add a sum_j lambda_j^2 + b sum_ij phi_ij^2 to the loss, a = strength, b = eigenvector_strength.

    At its minimum over all splits lambda * phi = w it equals 2 sqrt(a b) sum_j ||w_:j||: a group
    lasso on the weight columns, or on the blocks of groups, weighed as there (`SpectralLayer.weigh`). Source: Chicchi
    et al., Communications Physics (2026).
    """

    def size(self, values: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        return values.square()
