"""Keep the inputs that were not removed."""

from jaxtyping import Bool, Float, Int
from torch import Tensor

from spectral_exp.selection.selection import Selection


class Nonzero(Selection):
    """Keep every input whose relevance is not exactly zero: the rule for exact sparsity.

    Penalties that are trained by gradient alone never reach an exact zero; with them this keeps all.
    """

    def __call__(
        self, relevance: Float[Tensor, " n_features"], ranking: Int[Tensor, " n_features"]
    ) -> Bool[Tensor, " n_features"]:
        return relevance > 0
