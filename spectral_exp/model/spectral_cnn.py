"""A convolutional net with eigenvalues for the positions, the channels or the single values of what it sees."""

from collections.abc import Sequence
from typing import Literal, get_args

from torch import nn

from spectral_exp.layer.spectral_gate import Fill, SpectralGate
from spectral_exp.layer.spectral_layer import Gauge
from spectral_exp.layer.spectralize import spectral_form
from spectral_exp.model.conv_net import ConvNet, conv_blocks
from spectral_exp.model.dense_mlp import DenseMLP
from spectral_exp.model.spectral_mlp import SpectralMLP

Unit = Literal["position", "channel", "value"]


class SpectralCNN(ConvNet):
    """The net of `DenseCNN` with a spectral input layer: its first convolution, or a gate in front of it.

    Under the same random seed it starts as the same function as `DenseCNN`.

    Args:
        in_shape: (channels, height, width) of an image, or (channels, length) of a sequence.
        out_features: number of outputs (classes, or 1 for regression).
        hidden_features: width of every hidden layer of the head; none for a linear one.
        channels: of every block of convolutions.
        n_convolutions: how many each block has; one number or a list.
        pooled_size: positions that are left along every axis before the head, by averaging; a few more if they do
            not divide evenly.
        dropout: share of the units before every layer of the head that are dropped in training.
        unit: what has an eigenvalue: a `position` (a pixel with all its channels) or a `value` (one channel of it),
            each by a `SpectralGate`; or a whole `channel`, by the first convolution.
        gauge: how the scale shared by eigenvalue and eigenvector is fixed.
        fill: what stands at a dropped position or value: `zero`, or an estimate from its kept `neighbours`; a dropped
            channel is gone.
        spectral_head: put the first layer of the head in spectral form too.

    Shape:
        Input (n_rows, *in_shape), flat or not, or of the kept channels alone; output (n_rows, out_features).

    Raises:
        ValueError: if a value is out of range.
    """

    def __init__(
        self,
        in_shape: Sequence[int],
        out_features: int,
        hidden_features: Sequence[int] = (),
        channels: Sequence[int] = (32, 64, 128),
        n_convolutions: int | Sequence[int] = 1,
        pooled_size: int = 1,
        dropout: float = 0.0,
        unit: Unit = "position",
        gauge: Gauge = "free",
        fill: Fill = "zero",
        spectral_head: bool = False,
    ) -> None:
        if unit not in get_args(Unit):
            raise ValueError(f"unit must be one of {', '.join(get_args(Unit))}, got {unit!r}")
        if unit == "channel" and fill != "zero":
            raise ValueError("fill must be zero with unit=channel: a dropped channel leaves no gap")
        layers, n_pooled = conv_blocks(in_shape, channels, n_convolutions, pooled_size)
        if unit == "channel":
            layers[0] = spectral_form(layers[0], gauge)
        else:
            axes = range(1, len(in_shape)) if unit == "position" else None
            layers = nn.Sequential(SpectralGate(in_shape, axes, gauge, fill), *layers)
        head: DenseMLP | SpectralMLP
        if spectral_head:
            head = SpectralMLP(n_pooled, out_features, hidden_features, dropout=dropout, gauge=gauge)
        else:
            head = DenseMLP(n_pooled, out_features, hidden_features, dropout=dropout)
        super().__init__(in_shape, layers, dropout, head)
        self.unit: Unit = unit
