"""A gate in front of any network: one eigenvalue per position, or per number, of what it takes."""

import math
from collections.abc import Sequence
from typing import Literal, get_args

import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor

from spectral_exp.functional.filling import areas, fill_gaps, least_nearby
from spectral_exp.functional.mask import blank
from spectral_exp.layer.precision import in_own_precision
from spectral_exp.layer.spectral_layer import Gauge, SpectralLayer

Fill = Literal["zero", "neighbours"]


class SpectralGate(SpectralLayer):
    r"""Multiply every input by its weight, y_j = lambda_j phi_j x_j: the spectral layer with a diagonal weight.

    Eigenvalues lie along some axes of a row and are shared along the others: with shape (3, 32, 32) the axes
    (1, 2) give every pixel one for its three colours. A new gate changes nothing. A dropped position stays in the
    row, which the network behind expects whole; whatever it holds, it is exactly zero there, or what its kept
    neighbours make of it. In the latter case these stand for more than themselves, and their relevance is that of
    all they stand for: |lambda_j| times the number of positions, see `areas`.

    Args:
        shape: the shape of one row, such as (channels, height, width).
        axes: the axes that the eigenvalues lie along, rising; None for all, one eigenvalue for every number.
        gauge: how the scale shared by eigenvalue and eigenvector is fixed, see `SpectralLayer`.
        fill: what stands at a dropped position: `zero`, or an estimate from its kept `neighbours`, see `fill_gaps`, in
            rows of shape (channels, height, width) or (channels, length).
        device: where the parameters live.
        dtype: their type.

    Shape:
        Input and output (*, *shape).

    Raises:
        ValueError: if a size is below 1, an axis does not exist, the gauge or what fills is unknown, or rows have no
            neighbours to fill with.

    Example:
        >>> gate = SpectralGate((3, 32, 32), axes=(1, 2))
        >>> gate.in_features
        1024
    """

    takes_kept = False

    def __init__(
        self,
        shape: Sequence[int],
        axes: Sequence[int] | None = None,
        gauge: Gauge = "free",
        fill: Fill = "zero",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        self.shape = tuple(shape)
        axes = range(len(self.shape)) if axes is None else axes
        if not self.shape or min(self.shape) < 1:
            raise ValueError(f"shape must hold sizes >= 1, got {self.shape}")
        if not axes or list(axes) != [axis for axis in range(len(self.shape)) if axis in axes]:
            raise ValueError(f"axes must be rising axes of a row of shape {self.shape}, from 0, got {tuple(axes)}")
        if fill not in get_args(Fill):
            raise ValueError(f"fill must be one of {', '.join(get_args(Fill))}, got {fill!r}")
        if fill == "neighbours" and len(self.shape) == 1:
            raise ValueError(f"fill must be zero for rows of shape {self.shape}, which are no images or sequences")
        # Sizes along all axes, 1 where eigenvalues are shared.
        self._sizes = [size if axis in axes else 1 for axis, size in enumerate(self.shape)]
        super().__init__(math.prod(self._sizes), 1, gauge, device, dtype)
        self.axes = tuple(axes)
        self.fill: Fill = fill
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Open the gate: every weight is 1.

        Raises:
            RuntimeError: if inputs were dropped.
        """
        self.set_weight(torch.ones_like(self.raw_eigenvectors))

    @property
    def weight(self) -> Float[Tensor, "*row"]:
        """What every position is multiplied by, 0 for dropped ones; it broadcasts against a row."""
        return self.over_row(self.over_all_inputs(self.weight_matrix).squeeze(0))

    def over_row(self, values: Shaped[Tensor, " n_features"]) -> Shaped[Tensor, "*row"]:
        return values.reshape(self._sizes)

    @in_own_precision
    def forward(self, inputs: Float[Tensor, "*rows"]) -> Float[Tensor, "*rows"]:
        """Weigh rows of inputs.

        Args:
            inputs: rows of the gate's shape.

        Returns:
            Rows of the same shape.

        Raises:
            ValueError: if they have another shape.
        """
        if inputs.shape[-len(self.shape) :] != self.shape:
            raise ValueError(f"the gate is for rows of shape {self.shape}, got {tuple(inputs.shape)}")
        if self.columns.kept is None:
            return inputs * self.weight
        mask = self.over_row(self.mask)
        outputs = blank(inputs, mask) * self.weight  # a product alone would let NaN through
        return fill_gaps(outputs, mask.expand(self.shape)) if self.fill == "neighbours" else outputs

    def first_to_leave(
        self, leaving: Bool[Tensor, " n_features"], ranking: Int[Tensor, " n_features"]
    ) -> Bool[Tensor, " n_features"]:
        if self.fill == "zero" or self.columns.groups is not None:
            return leaving
        # The gap that one leaves makes those around it stand for more.
        ranks = torch.empty_like(ranking)
        ranks[ranking.flip(0)] = torch.arange(len(ranking), device=ranking.device)
        return least_nearby(self.over_row(ranks), self.over_row(leaving), len(self.shape) - 1).flatten()

    def _column_norms(self) -> Float[Tensor, " n_features"]:
        norms = super()._column_norms()
        if self.fill == "zero" or self.columns.kept is None:
            return norms
        shared = tuple(axis for axis in range(len(self.shape)) if axis not in self.axes)
        places = areas(self.over_row(self.mask).expand(self.shape))
        return norms * (places.mean(shared) if shared else places).flatten()

    def extra_repr(self) -> str:
        return f"shape={self.shape}, axes={self.axes}, {super().extra_repr()}"
