"""Convolutions in spectral form: one eigenvalue per input channel."""

from typing import Any, ClassVar

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn
from torch.nn import functional as F
from typing_extensions import Self

from spectral_exp.layer.precision import in_own_precision
from spectral_exp.layer.spectral_layer import Gauge, SpectralLayer

Size = int | tuple[int, ...]


class SpectralConv(SpectralLayer):
    r"""Convolve with the kernel K_ijk = lambda_j phi_ijk of output channel i, input channel j and offset k.

    A column of the weight matrix is all that the kernel does with one input channel, so the eigenvalues rank
    channels: bands, sensors, colours. A new layer computes exactly what the plain one would under the same random
    seed. After a drop it takes all channels or the kept ones alone.

    Args:
        in_channels: number of input channels, each with an eigenvalue.
        out_channels: number of output channels.
        kernel_size: as in `torch.nn`, and so all others up to `bias`.
        stride: step of the kernel.
        padding: rows or columns added at every side, `same` or `valid`.
        dilation: distance of the kernel's offsets.
        bias: learn an additive bias.
        padding_mode: what is added there.
        groups: 1: with more, no eigenvalue would speak of all that becomes of a channel.
        gauge: how the scale shared by eigenvalue and eigenvector is fixed, see `SpectralLayer`.
        device: where the parameters live.
        dtype: their type.

    Attributes:
        plain_class: the plain layer that this one is the spectral form of.
        options: the arguments of the plain layer beside its numbers of channels.

    Raises:
        ValueError: if an argument is none that the plain layer takes, there are groups, or the gauge is unknown.
    """

    plain_class: ClassVar[type[nn.Conv1d] | type[nn.Conv2d]]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size | str = 0,
        dilation: Size = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        groups: int = 1,
        gauge: Gauge = "free",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        if in_channels < 1 or out_channels < 1:
            raise ValueError(f"in_channels and out_channels must be >= 1, got {in_channels} and {out_channels}")
        if groups != 1:
            raise ValueError(f"groups must be 1 for one eigenvalue per input channel, got {groups}")
        options: dict[str, Any] = {
            "kernel_size": kernel_size,
            "stride": stride,
            "padding": padding,
            "dilation": dilation,
            "padding_mode": padding_mode,
        }
        shape = self.plain_class(1, 1, **options, device="meta")
        n_offsets = shape.weight.numel()
        super().__init__(in_channels, out_channels * n_offsets, gauge, device, dtype)
        self.options = options
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size, self.stride, self.dilation = shape.kernel_size, shape.stride, shape.dilation
        self.padding, self.padding_mode = shape.padding, padding_mode
        self._padding_by_side: list[int] = shape._reversed_padding_repeated_twice
        if bias:
            self.bias = nn.Parameter(torch.empty(out_channels, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new parameters as the plain layer does, in the same order of random numbers.

        Raises:
            RuntimeError: if channels were dropped.
        """
        plain = self._new_plain(self.in_channels)
        self.set_weight(_as_matrix(plain.weight), plain.bias)

    @classmethod
    def from_conv(cls, conv: nn.Conv1d | nn.Conv2d, gauge: Gauge = "free") -> Self:
        """Build the spectral form of a plain layer, with the same outputs.

        Args:
            conv: the layer to convert; it is not changed, and no random number is drawn.
            gauge: the gauge of the new layer.

        Returns:
            A new layer on the same device and of the same type.

        Raises:
            ValueError: if it has groups.
        """
        device = conv.weight.device
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            layer = cls(
                conv.in_channels,
                conv.out_channels,
                conv.kernel_size,
                conv.stride,
                conv.padding,
                conv.dilation,
                bias=conv.bias is not None,
                padding_mode=conv.padding_mode,
                groups=conv.groups,
                gauge=gauge,
                device=device,
                dtype=conv.weight.dtype,
            )
        layer.set_weight(_as_matrix(conv.weight), conv.bias)
        return layer

    @torch.no_grad()
    def to_conv(self) -> nn.Conv1d | nn.Conv2d:
        """Bake the kernel into a plain layer over the kept channels.

        Returns:
            A new layer with n_kept input channels.
        """
        conv = self._new_plain(self.n_kept)
        conv.weight.copy_(self.weight)
        if conv.bias is not None and self.bias is not None:
            conv.bias.copy_(self.bias)
        return conv

    @property
    def weight(self) -> Float[Tensor, "n_out n_kept *kernel"]:
        """The dense kernel of the kept channels."""
        return self.weight_matrix.reshape(self.out_channels, *self.kernel_size, -1).movedim(-1, 1)

    def over_row(self, values: Shaped[Tensor, " n_features"]) -> Shaped[Tensor, "n_features *ones"]:
        return values.reshape(-1, *(1 for _ in self.kernel_size))

    @in_own_precision
    def forward(self, inputs: Float[Tensor, "*n_in_and_positions"]) -> Float[Tensor, "*n_out_and_positions"]:
        """Apply the layer to all channels or to the kept ones alone.

        Args:
            inputs: images or sequences, one or a batch.

        Returns:
            The output channels of each.
        """
        axis = -1 - len(self.kernel_size)
        if self.columns.kept is not None and inputs.shape[axis] == self.in_channels:
            inputs = inputs.index_select(axis, self.columns.kept)
        padding: Size | str = self.padding
        if self.padding_mode != "zeros":
            inputs, padding = F.pad(inputs, self._padding_by_side, self.padding_mode), 0
        convolve: Any = F.conv2d if self.plain_class is nn.Conv2d else F.conv1d
        outputs: Tensor = convolve(inputs, self.weight, self.bias, self.stride, padding, self.dilation)
        return outputs

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, out_channels={self.out_channels}, kernel_size={self.kernel_size}"

    def _new_plain(self, n_channels: int) -> nn.Conv1d | nn.Conv2d:
        factory: Any = {"device": self.eigenvalues.device, "dtype": self.eigenvalues.dtype}
        return self.plain_class(n_channels, self.out_channels, bias=self.bias is not None, **self.options, **factory)


class SpectralConv1d(SpectralConv):
    """`SpectralConv` over sequences; a drop-in for `nn.Conv1d`.

    Example:
        >>> SpectralConv1d(3, 8, kernel_size=5)(torch.zeros(2, 3, 20)).shape
        torch.Size([2, 8, 16])
    """

    plain_class = nn.Conv1d


class SpectralConv2d(SpectralConv):
    """`SpectralConv` over images; a drop-in for `nn.Conv2d`.

    Example:
        >>> SpectralConv2d(3, 8, kernel_size=3, padding=1)(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 8, 32, 32])
    """

    plain_class = nn.Conv2d


def _as_matrix(kernel: Float[Tensor, "n_out n_in *kernel"]) -> Float[Tensor, "n_rows n_in"]:
    """One column per input channel; the order of the rows makes the kernel `channels_last` when it is turned back."""
    return kernel.movedim(1, -1).flatten(0, -2)
