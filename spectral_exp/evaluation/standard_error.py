"""How far chance alone moves a score: its standard error over the rows."""

from typing import Any

import torch
from jaxtyping import Shaped
from torch import Tensor
from torchmetrics import Metric

from spectral_exp.dataset.info import Task


class StandardError(Metric):
    r"""Standard error of the accuracy (classification) or of the mean absolute error (regression).

    sd(s) / sqrt(n) over the rows' own scores s: 1 or 0 for a hit or a miss, which makes it the binomial
    sqrt(p (1 - p) / n), or the absolute error.

    Args:
        task: which score.
        is_synced: compute over all processes that train together.

    Example:
        >>> metric = StandardError("classification")
        >>> round(float(metric(torch.eye(4), torch.tensor([0, 1, 2, 0]))), 4)  # sqrt(0.75 * 0.25 / 4)
        0.2165
    """

    higher_is_better = False
    full_state_update = False
    n_rows: Tensor
    total: Tensor
    total_of_squares: Tensor

    def __init__(self, task: Task, is_synced: bool = True) -> None:
        super().__init__(sync_on_compute=is_synced)
        self.task = task
        for name in ("n_rows", "total", "total_of_squares"):
            self.add_state(name, torch.tensor(0.0), dist_reduce_fx="sum")

    def update(self, predicted: Shaped[Tensor, "n_rows *n_classes"], targets: Shaped[Tensor, " n_rows"]) -> None:
        """Add rows.

        Args:
            predicted: logits, or values in the units of the target.
            targets: class codes, or such values.
        """
        if self.task == "classification":
            scores = (predicted.argmax(dim=1) == targets).float()
        else:
            scores = (predicted - targets).abs()
        # Not in place: Lightning makes states that inference mode has touched read-only outside of it.
        self.n_rows = self.n_rows + len(scores)
        self.total = self.total + scores.sum()
        self.total_of_squares = self.total_of_squares + scores.square().sum()

    def compute(self) -> Any:
        """Give the standard error.

        Returns:
            A scalar tensor, >= 0.
        """
        mean = self.total / self.n_rows
        variance = (self.total_of_squares / self.n_rows - mean.square()).clamp(min=0)
        return (variance / self.n_rows).sqrt()
