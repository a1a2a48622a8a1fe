"""Permutation importance of a net, by scikit-learn."""

from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import nn
from torch.nn import functional as F

from spectral_exp.attribution.ranker import ModelRanker, check_counts, draw_rows
from spectral_exp.dataset.data import Data
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.errors import UserError


class Permutation(ModelRanker):
    """Score by how much worse the net does when an input's values are dealt to other rows.

    Worse in its loss (cross-entropy or squared error), which moves where the share of hits does not, or in accuracy.

    Source: Breiman, Machine Learning 45 (2001), doi 10.1023/A:1010933404324.

    Args:
        n_rows: how many training rows are used, drawn at random; all if there are fewer.
        n_repeats: how often each input is permuted.
        score: what gets worse; regression has the loss only.

    Raises:
        ValueError: if the score is unknown, or a number is below 1.
    """

    modules = ("sklearn.inspection",)

    def __init__(self, n_rows: int = 1000, n_repeats: int = 5, score: Literal["loss", "accuracy"] = "loss") -> None:
        super().__init__(n_rows)
        check_counts(n_repeats=n_repeats)
        if score not in ("loss", "accuracy"):
            raise ValueError(f"score must be one of loss, accuracy, got {score!r}")
        self.n_repeats = n_repeats
        self.score = score

    def check(self, info: DatasetInfo) -> None:
        super().check(info)
        if self.score == "accuracy" and info.task != "classification":
            raise UserError(f"score=accuracy is for classification, and {info.name} is a {info.task}; use score=loss")

    def relevance(self, model: nn.Module, data: Data, seed: int) -> Float[np.ndarray, " n_features"]:
        from sklearn.inspection import permutation_importance

        device = next(model.parameters()).device
        rows = draw_rows(data.train, self.n_rows, seed)
        targets = rows.targets.to(device)

        @torch.no_grad()
        def score(net: _Trained, inputs: np.ndarray, _: np.ndarray) -> float:
            outputs = model(torch.from_numpy(inputs).to(device))
            if self.score == "accuracy":
                return float((outputs.argmax(dim=1) == targets).double().mean())
            is_class = data.info.task == "classification"
            return -float(F.cross_entropy(outputs, targets) if is_class else F.mse_loss(outputs.squeeze(1), targets))

        found = permutation_importance(
            _Trained(),
            rows.inputs.numpy(),
            rows.targets.numpy(),
            scoring=score,
            n_repeats=self.n_repeats,
            random_state=seed,
        )
        mean: np.ndarray = found.importances_mean
        return mean


class _Trained:
    """Stand in for the net where scikit-learn wants something that can be fitted."""

    def fit(self, inputs: np.ndarray, targets: np.ndarray) -> "_Trained":
        return self
