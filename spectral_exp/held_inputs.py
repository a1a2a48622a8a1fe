"""Which inputs the training rows still hold: what leaves the layer leaves the rows too, so that batches get smaller."""

import torch
from torch import Tensor

from spectral_exp.dataset.loading import TensorLoader
from spectral_exp.functional.sparse import take_columns
from spectral_exp.layer.spectral_layer import SpectralLayer


class HeldInputs:
    """The inputs that the training rows hold: those that were kept when the epoch began.

    Args:
        layer: the input layer, in which inputs leave.
        loader: of the training rows, which hold all inputs.
    """

    def __init__(self, layer: SpectralLayer, loader: TensorLoader) -> None:
        self._layer = layer
        self._loader = loader
        self._held = torch.arange(layer.in_features, device=layer.dropped_at.device)
        self._positions: Tensor | None = (
            None  # where among the held inputs the kept ones are; None if they are the same
        )

    def start_epoch(self) -> None:
        """Leave what the layer has dropped out of the rows."""
        is_kept = self._layer.mask[self._held]
        if not bool(is_kept.all()):
            self._loader.keep_features(is_kept.nonzero().squeeze(1))
            self._held = self._held[is_kept]
        self._positions = None

    def inputs_left(self) -> None:
        """Bridge the time between the removal of inputs and the next epoch."""
        self._positions = self._layer.mask[self._held].nonzero().squeeze(1)

    def kept_of(self, inputs: Tensor) -> Tensor:
        """Take the inputs of a batch that the layer takes.

        Args:
            inputs: rows of the held inputs.

        Returns:
            Rows of the kept ones.
        """
        return inputs if self._positions is None else take_columns(inputs, self._positions, axis=1)
