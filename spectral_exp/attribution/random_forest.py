"""Impurity importance of a random forest."""

from typing import Any

import numpy as np
from jaxtyping import Float

from spectral_exp.attribution.ranker import DataRanker, check_counts
from spectral_exp.dataset.data import Data


class RandomForest(DataRanker):
    """Score by the mean decrease in impurity over scikit-learn's trees.

    Source: Breiman, Machine Learning 45 (2001), doi 10.1023/A:1010933404324.

    Args:
        n_trees: number of trees.

    Raises:
        ValueError: if n_trees is below 1.
    """

    modules = ("sklearn.ensemble",)

    def __init__(self, n_trees: int = 500) -> None:
        check_counts(n_trees=n_trees)
        self.n_trees = n_trees

    def relevance(self, data: Data, seed: int) -> Float[np.ndarray, " n_features"]:
        scores: np.ndarray = fit_forest(data, self.n_trees, seed).feature_importances_
        return scores


def fit_forest(data: Data, n_trees: int, seed: int) -> Any:
    """Fit scikit-learn's forest to the training rows.

    Args:
        data: the data set.
        n_trees: number of trees.
        seed: fixes what is random.

    Returns:
        The forest.
    """
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    kind = RandomForestClassifier if data.info.task == "classification" else RandomForestRegressor
    return kind(n_trees, random_state=seed).fit(data.train.inputs.numpy(), data.train.targets.numpy())
