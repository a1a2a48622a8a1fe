"""The relevance that a net of this package has learned by the end of its training."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from spectral_exp.attribution.ranker import Train, TrainingRanker, check_counts
from spectral_exp.dataset.data import Data


class TrainedLayer(TrainingRanker):
    """Train a net and read the relevance off its input layer, without another pass over the rows.

    Where inputs left on the way, they score by when they did. With several runs, an input scores by its mean rank: what
    a single path loses to a stand-in, another may keep.

    Args:
        overrides: what differs from the training that all nets of a comparison share, as on the command line of
            `spectral-train`.
        n_runs: nets that are trained, each from another start and with another order of batches.

    Raises:
        ValueError: if n_runs is below 1.
    """

    def __init__(self, overrides: Sequence[str], n_runs: int = 1) -> None:
        check_counts(n_runs=n_runs)
        self.overrides = list(overrides)
        self.n_runs = n_runs

    def relevance(self, train: Train, data: Data, seed: int) -> Float[np.ndarray, " n_features"]:
        runs = [self._of_run(train, data, seed + 1000 * run) for run in range(self.n_runs)]  # no seed of a comparison
        if self.n_runs == 1:
            return runs[0]
        rankings = [torch.from_numpy(np.argsort(-scores, kind="stable")) for scores in runs]
        return np.mean([falling_relevance(ranking) for ranking in rankings], axis=0)

    @torch.no_grad()
    def _of_run(self, train: Train, data: Data, seed: int) -> Float[np.ndarray, " n_features"]:
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
