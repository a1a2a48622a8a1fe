"""Gain of the splits of gradient-boosted trees."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from spectral_exp.attribution.ranker import DataRanker, check_counts
from spectral_exp.dataset.data import Data


class LightGBMGain(DataRanker):
    """Score by the loss that LightGBM's splits on an input take away in all.

    Source: Ke et al., NeurIPS 2017.

    Args:
        n_trees: number of trees, as many for each class.

    Raises:
        ValueError: if n_trees is below 1.
    """

    modules = ("lightgbm",)

    def __init__(self, n_trees: int = 100) -> None:
        check_counts(n_trees=n_trees)
        self.n_trees = n_trees

    def relevance(self, data: Data, seed: int) -> Float[np.ndarray, " n_features"]:
        gain: np.ndarray = fit_lightgbm(data, self.n_trees, seed).booster_.feature_importance("gain")
        return gain


def fit_lightgbm(data: Data, n_trees: int, seed: int) -> Any:
    """Fit LightGBM to the training rows.

    Args:
        data: the data set.
        n_trees: number of trees, as many for each class.
        seed: fixes what is random.

    Returns:
        The model in its scikit-learn form.
    """
    from lightgbm import LGBMClassifier, LGBMRegressor

    kind = LGBMClassifier if data.info.task == "classification" else LGBMRegressor
    model = kind(
        n_estimators=n_trees,
        random_state=seed,
        deterministic=True,
        force_row_wise=True,
        n_jobs=torch.get_num_threads(),  # its own default is all cores, whatever else runs
        verbose=-1,
    )
    return model.fit(data.train.inputs.numpy(), data.train.targets.numpy())
