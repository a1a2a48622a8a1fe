"""Shapley values of trees by shap's TreeExplainer."""

import warnings
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float

from spectral_exp.attribution.lightgbm_gain import fit_lightgbm
from spectral_exp.attribution.random_forest import fit_forest
from spectral_exp.attribution.ranker import DataRanker, check_counts, draw_rows
from spectral_exp.dataset.data import Data

Trees = Literal["lightgbm", "random_forest"]


class ShapTree(DataRanker):
    """Score by the mean over rows of the absolute SHAP value of trees that are fitted to the training rows.

    The value is that of the row's true class, in log odds for LightGBM and in probability for the forest.

    Source: Lundberg et al., Nature Machine Intelligence 2 (2020), doi 10.1038/s42256-019-0138-9.

    Args:
        trees: what is fitted.
        n_trees: number of trees; LightGBM has as many for each class.
        n_rows: how many training rows are explained, drawn at random; all if there are fewer.

    Raises:
        ValueError: if the trees are of an unknown kind, or a number is below 1.
    """

    modules = ("shap", "lightgbm")

    def __init__(self, trees: Trees = "lightgbm", n_trees: int = 100, n_rows: int = 1000) -> None:
        check_counts(n_trees=n_trees, n_rows=n_rows)
        if trees not in get_args(Trees):
            raise ValueError(f"trees must be one of {', '.join(get_args(Trees))}, got {trees!r}")
        self.trees = trees
        self.n_trees = n_trees
        self.n_rows = n_rows

    def relevance(self, data: Data, seed: int) -> Float[np.ndarray, " n_features"]:
        import shap

        fit = fit_lightgbm if self.trees == "lightgbm" else fit_forest
        explainer = shap.TreeExplainer(fit(data, self.n_trees, seed))
        rows = draw_rows(data.train, self.n_rows, seed)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "LightGBM binary classifier with TreeExplainer")  # of an older form
            values = np.asarray(explainer.shap_values(rows.inputs.numpy()))
        if values.ndim == 3:  # an output for every class; two classes may share one, of opposite sign
            values = values[np.arange(len(values)), :, rows.targets.numpy()]
        return np.abs(values).mean(axis=0)
