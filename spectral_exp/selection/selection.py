"""What every selection is: an explicit rule from relevance to a mask."""

from abc import ABC, abstractmethod

from jaxtyping import Bool, Float
from torch import Tensor


class Selection(ABC):
    """Turn the relevance of all inputs into the mask of those that are kept."""

    def check(self, n_features: int) -> None:
        """Refuse a rule that cannot hold for this many inputs, before any training.

        Args:
            n_features: number of inputs.
        """
        return

    @abstractmethod
    def __call__(self, relevance: Float[Tensor, " n_features"]) -> Bool[Tensor, " n_features"]:
        """Select inputs.

        Args:
            relevance: one score per input, >= 0.

        Returns:
            The mask; True = kept.
        """
