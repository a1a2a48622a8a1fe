"""No knowledge at all: what every other ranker has to beat."""

import numpy as np
from jaxtyping import Float

from spectral_exp.attribution.ranker import DataRanker
from spectral_exp.dataset.data import Data


class Random(DataRanker):
    """Score the inputs at random."""

    def relevance(self, data: Data, seed: int) -> Float[np.ndarray, " n_features"]:
        return np.random.default_rng(seed).random(data.info.n_features)
