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
        max_iter: passes of the solver over the rows at most, for each strength.

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
        train, val = ((part.inputs.numpy(), part.targets.numpy()) for part in (data.train, data.val))
        model = self._model(data, seed)
        largest = largest_strength(data)
        best_score, best = -np.inf, np.zeros(data.info.n_features)
        for strength in sorted(self.strengths, reverse=True):  # each fit starts where the stronger penalty's ended
            total = strength * largest
            penalty = {"C": 1 / total} if data.info.task == "classification" else {"alpha": total / len(data.train)}
            score = model.set_params(**penalty).fit(*train).score(*val)
            if score > best_score:
                best_score, best = score, np.abs(np.atleast_2d(model.coef_)).sum(axis=0)
        return best

    def _model(self, data: Data, seed: int) -> Any:
        from sklearn.linear_model import Lasso, LogisticRegression

        shared = {"max_iter": self.max_iter, "warm_start": True, "random_state": seed}
        if data.info.task == "regression":
            return Lasso(**shared)
        is_old = getattr(LogisticRegression(), "penalty", "deprecated") != "deprecated"  # scikit-learn < 1.8
        return LogisticRegression(**({"penalty": "l1"} if is_old else {"l1_ratio": 1.0}), solver="saga", **shared)


def largest_strength(data: Data) -> float:
    """Find the smallest strength of the penalty at which all coefficients are 0.

    It is the largest derivative of the loss, summed over the training rows, at coefficients 0.

    Args:
        data: the data set.

    Returns:
        The strength.
    """
    inputs, targets = data.train.inputs.numpy(), data.train.targets.numpy()
    wanted = np.eye(data.info.n_outputs)[targets] if data.info.task == "classification" else targets[:, None]
    return float(np.abs(inputs.T @ (wanted - wanted.mean(axis=0))).max())
