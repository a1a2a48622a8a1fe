"""Impurity importance of a random forest."""

import numpy as np
from jaxtyping import Float

from spectral_exp.attribution.ranker import DataRanker
from spectral_exp.dataset.data import Data


class RandomForest(DataRanker):
    """Score by the mean decrease in impurity over scikit-learn's trees.

    Source: Breiman, Machine Learning 45 (2001), doi 10.1023/A:1010933404324.

    Args:
        n_trees: number of trees.

    Raises:
        ValueError: if n_trees is below 1.
    """

    def __init__(self, n_trees: int = 500) -> None:
        if n_trees < 1:
            raise ValueError(f"n_trees must be at least 1, got {n_trees}")
        self.n_trees = n_trees

    def relevance(self, data: Data, seed: int) -> Float[np.ndarray, " n_features"]:
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        kind = RandomForestClassifier if data.info.task == "classification" else RandomForestRegressor
        forest = kind(self.n_trees, random_state=seed)
        scores: np.ndarray = forest.fit(data.train.inputs.numpy(), data.train.targets.numpy()).feature_importances_
        return scores
