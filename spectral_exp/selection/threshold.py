"""Keep the inputs above a relevance."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from spectral_exp.selection.selection import Selection


class Threshold(Selection):
    """Keep the inputs whose relevance exceeds a threshold.

    Args:
        threshold: the value to exceed, >= 0.
        relative: measure it in shares of the largest relevance (a net with BatchNorm behind the
            first layer has no other scale); otherwise it is absolute.

    Raises:
        ValueError: if the threshold is negative, or relative and not below 1.

    Example:
        >>> Threshold(threshold=0.5)(torch.tensor([0.1, 3.0, 2.0]), ranking=torch.tensor([1, 2, 0]))
        tensor([False,  True,  True])
    """

    def __init__(self, threshold: float, relative: bool = True) -> None:
        if not threshold >= 0 or (relative and threshold >= 1):
            raise ValueError(f"threshold must be >= 0{', and below 1 when relative' * relative}, got {threshold}")
        self.threshold = threshold
        self.relative = relative

    def __call__(
        self, relevance: Float[Tensor, " n_features"], ranking: Int[Tensor, " n_features"]
    ) -> Bool[Tensor, " n_features"]:
        unit = relevance.max() if self.relative else torch.ones_like(relevance[0])
        return relevance > self.threshold * unit
