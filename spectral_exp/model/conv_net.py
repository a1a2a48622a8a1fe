"""What the spectral and the dense convolutional net share."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from spectral_exp.functional.transformed import are_nets_stacked

CONVOLUTIONS: dict[int, type[nn.Conv1d] | type[nn.Conv2d]] = {1: nn.Conv1d, 2: nn.Conv2d}
NORMS: dict[int, type[nn.BatchNorm1d] | type[nn.BatchNorm2d]] = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d}
MAX_POOLS: dict[int, type[nn.MaxPool1d] | type[nn.MaxPool2d]] = {1: nn.MaxPool1d, 2: nn.MaxPool2d}


def conv_blocks(
    in_shape: Sequence[int], channels: Sequence[int], n_convolutions: int | Sequence[int], pooled_size: int
) -> tuple[nn.Sequential, int]:
    """Build blocks of convolutions of size 3, each with batch norm and ReLU, halving the positions between blocks.

    Args:
        in_shape: (channels, height, width) of an image, or (channels, length) of a sequence.
        channels: of every block.
        n_convolutions: how many each block has; one number or a list.
        pooled_size: positions that are left along every axis in the end, by averaging; a few more if they do not
            divide evenly.

    Returns:
        The blocks, then averaging and flattening; the first convolution is at index 0. And how many units come out.

    Raises:
        ValueError: if rows are no images or sequences, or too small for so many blocks, or a number is below 1.
    """
    n_axes = len(in_shape) - 1
    if n_axes not in CONVOLUTIONS:
        raise ValueError(
            f"a convolutional net takes images (channels, height, width) or sequences (channels, length), got rows of "
            f"shape {tuple(in_shape)}"
        )
    repeats = [n_convolutions] * len(channels) if isinstance(n_convolutions, int) else list(n_convolutions)
    if not channels or min(channels) < 1:
        raise ValueError(f"channels must hold one number >= 1 per block, got {list(channels)}")
    if len(repeats) != len(channels) or min(repeats) < 1:
        raise ValueError(f"n_convolutions must be one number >= 1, or one per block ({len(channels)}), got {repeats}")
    if pooled_size < 1:
        raise ValueError(f"pooled_size must be >= 1, got {pooled_size}")
    last = [size // 2 ** (len(channels) - 1) for size in in_shape[1:]]  # positions after the last block
    if min(last) < pooled_size:
        raise ValueError(
            f"channels: {len(channels)} blocks leave {min(last)} of the positions of rows of shape {tuple(in_shape)}, "
            f"but pooled_size is {pooled_size}; use fewer blocks, or lower pooled_size"
        )
    layers: list[nn.Module] = []
    width = in_shape[0]
    for block, (block_width, n_layers) in enumerate(zip(channels, repeats, strict=True)):
        if block > 0:
            layers.append(MAX_POOLS[n_axes](2))
        for _ in range(n_layers):
            # The batch norm behind it has a bias of its own.
            layers.append(CONVOLUTIONS[n_axes](width, block_width, 3, padding=1, bias=False))
            layers += [NORMS[n_axes](block_width), nn.ReLU(inplace=True)]
            width = block_width
    # Adaptive pooling would do the same, but has no deterministic gradient on a GPU.
    averaged = [size // pooled_size for size in last]
    pool = nn.AvgPool1d(averaged[0]) if n_axes == 1 else nn.AvgPool2d((averaged[0], averaged[1]))
    n_out = width * math.prod(size // share for size, share in zip(last, averaged, strict=True))
    return nn.Sequential(*layers, pool, nn.Flatten()), n_out


class ConvNet(nn.Module):
    """A chain of layers over rows, then a head.

    Args:
        in_shape: (channels, height, width) of an image, or (channels, length) of a sequence.
        layers: from rows of that shape, or of some of the channels, to flat ones.
        dropout: share of the last units before the head that are dropped in training.
        head: from these to the outputs.

    Shape:
        Input (n_rows, *in_shape), flat or not; output (n_rows, out_features).
    """

    def __init__(self, in_shape: Sequence[int], layers: nn.Sequential, dropout: float, head: nn.Module) -> None:
        super().__init__()
        self.positions = tuple(in_shape[1:])
        self.layers = layers
        self.dropout = nn.Dropout(dropout)
        self.head = head
        if len(self.positions) == 2:  # the layout of memory that convolutions of images are fastest in
            self.to(memory_format=torch.channels_last)

    @property
    def input_layer(self) -> nn.Module:
        """The layer whose columns belong to the inputs of the data."""
        return self.layers[0]

    def forward(self, inputs: Float[Tensor, "n_rows *shape"]) -> Float[Tensor, "n_rows n_out"]:
        """Compute logits, or the predicted value for regression.

        Args:
            inputs: rows of images or sequences.

        Returns:
            One row of outputs per row of inputs.
        """
        rows = inputs.reshape(len(inputs), -1, *self.positions)
        if len(self.positions) == 2 and not are_nets_stacked():
            rows = rows.contiguous(memory_format=torch.channels_last)
        outputs: Tensor = self.head(self.dropout(self.layers(rows)))
        return outputs
