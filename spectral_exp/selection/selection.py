"""What every selection is: an explicit rule from relevance to a mask."""

from abc import ABC, abstractmethod

from jaxtyping import Bool, Float, Int
from torch import Tensor

from spectral_exp.layer.spectral_layer import SpectralLayer


class Selection(ABC):
    """Turn the relevance of all inputs into the mask of those that are kept."""

    def check(self, n_features: int, n_always_kept: int = 0) -> None:
        """Refuse a rule that cannot hold for this many inputs, before any training.

        Args:
            n_features: number of inputs.
            n_always_kept: how many of them are to be selected whatever the rule says.
        """
        return

    def select(
        self, layer: SpectralLayer, input_scale: Float[Tensor, "*n_functions n_features"] | None
    ) -> Bool[Tensor, " n_features"]:
        """Select the inputs of a layer.

        Inputs that are always kept come first in the ranking that the rule sees, and are selected whatever it
        says. A group is selected whole if the rule selects one of it.

        Args:
            layer: the layer; the dense form of a plain one has neither.
            input_scale: the standard deviation of every input or column, to enter the relevance.

        Returns:
            The mask; True = kept.
        """
        columns = layer.columns
        mask = self(layer.relevance(input_scale), columns.always_kept_first(layer.ranking(input_scale)))
        mask = columns.whole_groups(mask)
        return mask if columns.always_kept is None else mask | columns.always_kept

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
