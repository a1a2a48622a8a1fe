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
        self._positions: Tensor | None = None  # where among the held inputs the kept ones are; None if that is all

    def start_epoch(self, n_copies: int = 1) -> None:
        """Leave what the layer has dropped out of the rows.

        Args:
            n_copies: how many share the rows as they are now and are to make a copy each; they wait until all copies
                take no more memory.
        """
        self.inputs_left()
        if self._positions is not None and len(self._positions) * n_copies <= len(self._held):
            self._loader.keep_features(self._positions)
            self._held, self._positions = self._held[self._positions], None

    def inputs_left(self) -> None:
        """Bridge the time between the removal of inputs and the next epoch that leaves them out."""
        if self._layer.columns.kept is None:  # as long as none has left there is nothing to ask the device
            return
        positions = self._layer.mask[self._held].nonzero().squeeze(1)
        self._positions = positions if len(positions) < len(self._held) else None

    def kept_of(self, inputs: Tensor) -> Tensor:
        """Take the inputs of a batch that the layer takes.

        Args:
            inputs: rows of the held inputs.

        Returns:
            Rows of the kept ones.
        """
        return inputs if self._positions is None else take_columns(inputs, self._positions, axis=1)
