"""The plain convolutional net: the baseline of `SpectralCNN`."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from spectral_exp.model.conv_net import ConvNet, conv_blocks
from spectral_exp.model.dense_mlp import DenseMLP


class DenseCNN(ConvNet):
    """Blocks of convolutions with batch norm and ReLU, pooling between them, and a head of linear layers.

    The columns of its first convolution rank the channels.

    Args:
        in_shape: (channels, height, width) of an image, or (channels, length) of a sequence.
        out_features: number of outputs (classes, or 1 for regression).
        hidden_features: width of every hidden layer of the head; none for a linear one.
        channels: of every block of convolutions.
        n_convolutions: how many each block has; one number or a list.
        pooled_size: positions that are left along every axis before the head, by averaging; a few more if they do
            not divide evenly.
        dropout: share of the units before every layer of the head that are dropped in training.

    Shape:
        Input (n_rows, *in_shape), flat or not; output (n_rows, out_features).

    Raises:
        ValueError: if a value is out of range.
    """

    unit: ClassVar[Literal["channel"]] = "channel"

    def __init__(
        self,
        in_shape: Sequence[int],
        out_features: int,
        hidden_features: Sequence[int] = (),
        channels: Sequence[int] = (32, 64, 128),
        n_convolutions: int | Sequence[int] = 1,
        pooled_size: int = 1,
        dropout: float = 0.0,
    ) -> None:
        layers, n_pooled = conv_blocks(in_shape, channels, n_convolutions, pooled_size)
        head = DenseMLP(n_pooled, out_features, hidden_features, dropout=dropout)
        super().__init__(in_shape, layers, dropout, head)
