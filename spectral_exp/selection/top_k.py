"""Keep a fixed number of inputs."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from spectral_exp.selection.selection import Selection


class TopK(Selection):
    """Keep the first k inputs of the ranking, dropped ones among them if fewer are left.

    Inputs that are always kept count. A group of which one input is among the k comes whole.

    Args:
        k: number of inputs to keep, from 1 to n_features.

    Raises:
        ValueError: if k is below 1.

    Example:
        >>> TopK(k=2)(torch.tensor([0.1, 3.0, 2.0]), ranking=torch.tensor([1, 2, 0]))
        tensor([False,  True,  True])
    """

    def __init__(self, k: int) -> None:
        if k < 1:
            raise ValueError(f"k must be >= 1, got {k}")
        self.k = k

    def check(self, n_features: int, n_always_kept: int = 0) -> None:
        if self.k > n_features:
            raise ValueError(f"k must be at most the number of inputs ({n_features}), got {self.k}")
        if self.k < n_always_kept:
            raise ValueError(
                f"k must be at least the number of inputs that are always kept ({n_always_kept}), got {self.k}"
            )

    def __call__(
        self, relevance: Float[Tensor, " n_features"], ranking: Int[Tensor, " n_features"]
    ) -> Bool[Tensor, " n_features"]:
        mask = torch.zeros_like(relevance, dtype=torch.bool)
        mask[ranking[: self.k]] = True
        return mask
