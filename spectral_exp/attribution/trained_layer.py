"""The relevance that a net of this package has learned by the end of its training."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from spectral_exp.attribution.ranker import Train, TrainingRanker
from spectral_exp.dataset.data import Data


class TrainedLayer(TrainingRanker):
    """Train a net and read the relevance off its input layer, without another pass over the rows.

    Where inputs left on the way, they score by when they did.

    Args:
        overrides: what differs from the training that all nets of a comparison share, as on the command line of
            `spectral-train`.
    """

    def __init__(self, overrides: Sequence[str]) -> None:
        self.overrides = list(overrides)

    @torch.no_grad()
    def relevance(self, train: Train, data: Data, seed: int) -> Float[np.ndarray, " n_features"]:
        layer, input_scale = train(self.overrides, data, seed)
        if bool(layer.mask.all()):
            return layer.relevance(input_scale).cpu().numpy()
        return falling_relevance(layer.ranking(input_scale))


def falling_relevance(ranking: Int[Tensor, " n_features"]) -> Float[np.ndarray, " n_features"]:
    """Give scores that fall in the order of a ranking.

    Args:
        ranking: the inputs, most relevant first.

    Returns:
        The share of the inputs that do not rank above each, from 1 down to 1 / n_features.

    Example:
        >>> falling_relevance(torch.tensor([2, 0, 3, 1]))
        array([0.75, 0.25, 1.  , 0.5 ])
    """
    order = ranking.cpu().numpy()
    scores = np.empty(len(order))
    scores[order] = np.arange(len(order), 0, -1) / len(order)
    return scores
