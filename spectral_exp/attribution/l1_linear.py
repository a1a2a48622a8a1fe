"""A linear model with an L1 penalty: logistic regression, or the lasso for regression."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from spectral_exp.attribution.ranker import DataRanker, check_counts
from spectral_exp.dataset.data import Data


class L1Linear(DataRanker):
    """Score by the size of an input's coefficients, summed over the classes.

    Of some strengths of the penalty that one is taken which does best on the validation rows: the highest accuracy,
    or the lowest squared error. Inputs whose coefficients are 0 tie at the end.

    Source: Tibshirani, J. R. Stat. Soc. B 58 (1996), doi 10.1111/j.2517-6161.1996.tb02080.x.

    Args:
        strengths: of the penalty, as shares of the one at which all coefficients are 0.
        max_iter: passes of the solver over the rows at most.

    Raises:
        ValueError: if a strength is not between 0 and 1, or there is none.
    """

    modules = ("sklearn.linear_model",)

    def __init__(self, strengths: Sequence[float] = (0.1, 0.03, 0.01, 0.003), max_iter: int = 100) -> None:
        check_counts(max_iter=max_iter)
        if not strengths or not all(0 < strength < 1 for strength in strengths):
            raise ValueError(f"strengths must be between 0 and 1, got {list(strengths)}")
        self.strengths = list(strengths)
        self.max_iter = max_iter

    def relevance(self, data: Data, seed: int) -> Float[np.ndarray, " n_features"]:
        val = data.val.inputs.numpy(), data.val.targets.numpy()
        models = (self._fit(data, strength, seed) for strength in self.strengths)
        best = max(models, key=lambda model: model.score(*val))
        return np.abs(np.atleast_2d(best.coef_)).sum(axis=0)

    def _fit(self, data: Data, strength: float, seed: int) -> Any:
        from sklearn.linear_model import Lasso, LogisticRegression

        inputs, targets = data.train.inputs.numpy(), data.train.targets.numpy()
        is_class = data.info.task == "classification"
        wanted = np.eye(data.info.n_outputs)[targets] if is_class else targets[:, None]
        smallest = np.abs(inputs.T @ (wanted - wanted.mean(axis=0))).max()  # gradient at coefficients 0, of a sum
        if not is_class:
            return Lasso(alpha=strength * smallest / len(targets), max_iter=self.max_iter).fit(inputs, targets)
        is_old = getattr(LogisticRegression(), "penalty", "deprecated") != "deprecated"  # scikit-learn < 1.8
        penalty = {"penalty": "l1"} if is_old else {"l1_ratio": 1.0}
        model = LogisticRegression(
            C=1 / (strength * smallest), solver="saga", tol=1e-3, max_iter=self.max_iter, random_state=seed, **penalty
        )
        return model.fit(inputs, targets)
