"""Filters: every input by itself against the target, by scikit-learn's statistics."""

from typing import Literal, get_args

import numpy as np
from jaxtyping import Float

from spectral_exp.attribution.ranker import DataRanker
from spectral_exp.dataset.data import Data
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.errors import UserError

Statistic = Literal["mutual_info", "f_test", "chi2"]


class Filter(DataRanker):
    """Score by a statistic of one input and the target; inputs that matter only together are not seen.

    - `mutual_info`: mutual information in nats, from nearest neighbours (Kraskov et al., 2004; Ross, 2014).
    - `f_test`: F statistic of the classes' means, or of a linear fit for regression.
    - `chi2`: of the sums of inputs per class, as if they were counts; classification only. It needs inputs >= 0, so
      the smallest training value is taken off those that have negative ones.

    An input that is constant over the training rows gets 0.

    Args:
        statistic: which.

    Raises:
        ValueError: if it is unknown.
    """

    modules = ("sklearn.feature_selection",)

    def __init__(self, statistic: Statistic) -> None:
        if statistic not in get_args(Statistic):
            raise ValueError(f"statistic must be one of {', '.join(get_args(Statistic))}, got {statistic!r}")
        self.statistic = statistic

    def check(self, info: DatasetInfo) -> None:
        super().check(info)
        if self.statistic == "chi2" and info.task != "classification":
            raise UserError(f"chi2 scores classification, and {info.name} is a {info.task}")

    def relevance(self, data: Data, seed: int) -> Float[np.ndarray, " n_features"]:
        from sklearn import feature_selection

        inputs, targets = data.train.inputs.numpy(), data.train.targets.numpy()
        is_class = data.info.task == "classification"
        moves = np.ptp(inputs, axis=0) > 0
        inputs = inputs[:, moves]
        if self.statistic == "mutual_info":
            by_task = feature_selection.mutual_info_classif if is_class else feature_selection.mutual_info_regression
            found = by_task(inputs, targets, random_state=seed)
        elif self.statistic == "f_test":
            by_task = feature_selection.f_classif if is_class else feature_selection.f_regression
            with np.errstate(divide="ignore"):  # classes that do not vary: F is infinite
                found, _ = by_task(inputs, targets)
        else:
            found, _ = feature_selection.chi2(inputs - inputs.min(axis=0).clip(max=0), targets)
        scores = np.zeros(data.info.n_features)
        scores[moves] = np.minimum(found, np.finfo(np.float64).max)
        return scores
