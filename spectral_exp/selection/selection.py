"""What every selection is: an explicit rule from relevance to a mask."""

from abc import ABC, abstractmethod

from jaxtyping import Bool, Float, Int
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
    def __call__(
        self, relevance: Float[Tensor, " n_features"], ranking: Int[Tensor, " n_features"]
    ) -> Bool[Tensor, " n_features"]:
        """Select inputs.

        Args:
            relevance: one score per input, >= 0; 0 for inputs that were dropped.
            ranking: all inputs, most relevant first; the dropped ones behind the others, the last dropped first.

        Returns:
            The mask; True = kept.
        """
