"""A linear layer in spectral form."""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn
from typing_extensions import Self

from spectral_exp.functional.sparse import linear, take_columns
from spectral_exp.functional.spectral import spectral_linear
from spectral_exp.layer.basis import Basis
from spectral_exp.layer.basis_function.basis_function import BasisFunction
from spectral_exp.layer.precision import in_own_precision
from spectral_exp.layer.spectral_layer import Gauge, SpectralLayer


class SpectralLinear(SpectralLayer):
    r"""Apply y = x W^T + b with W_ij = (lambda_j - lambda_out_i) phi_ij; a drop-in for `nn.Linear`.

    A new layer computes exactly what `nn.Linear` would under the same random seed. After a drop it takes rows of
    all inputs or of the kept ones alone. With a basis, the functions of one input share its eigenvalue.

    Args:
        in_features: number of inputs, n_features.
        out_features: number of outputs.
        bias: learn an additive bias.
        gauge: how the scale shared by eigenvalue and eigenvector is fixed, see `SpectralLayer`.
        train_output_eigenvalues: learn lambda_out; otherwise it is 0.
        device: where the parameters live.
        dtype: their type.
        basis: the functions of every input that the layer is linear in; none for the inputs themselves.

    Shape:
        Input (*, in_features) or (*, n_kept), dense or rows in the CSR layout; output (*, out_features).

    Attributes:
        basis: the functions of every input, or None.

    Raises:
        ValueError: if a size is below 1 or the gauge is unknown.

    Example:
        >>> layer = SpectralLinear(3, 2)
        >>> layer(torch.zeros(5, 3)).shape
        torch.Size([5, 2])
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        gauge: Gauge = "free",
        train_output_eigenvalues: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        basis: Sequence[BasisFunction] = (),
    ) -> None:
        if in_features < 1 or out_features < 1:
            raise ValueError(f"in_features and out_features must be >= 1, got {in_features} and {out_features}")
        super().__init__(in_features, out_features, gauge, device, dtype, n_functions=len(basis) or None)
        self.out_features = out_features
        factory: dict[str, Any] = {"device": device, "dtype": dtype}
        self.basis = Basis(basis, in_features, **factory) if basis else None
        if train_output_eigenvalues:
            self.output_eigenvalues = nn.Parameter(torch.zeros(out_features, **factory))
        if bias:
            self.bias = nn.Parameter(torch.empty(out_features, **factory))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new parameters as `nn.Linear` does, in the same order of random numbers.

        Raises:
            RuntimeError: if inputs were dropped.
        """
        plain = nn.Linear(
            self.columns.n_functions * self.in_features,
            self.out_features,
            bias=self.bias is not None,
            device=self.eigenvalues.device,
            dtype=self.eigenvalues.dtype,
        )
        self.set_weight(plain.weight, plain.bias)

    @classmethod
    def from_linear(
        cls,
        linear: nn.Linear,
        gauge: Gauge = "free",
        train_output_eigenvalues: bool = False,
        basis: Sequence[BasisFunction] = (),
    ) -> Self:
        """Build the spectral form of a plain layer, with the same outputs.

        Args:
            linear: the layer to convert; it is not changed, and no random number is drawn. With a basis it
                takes the columns of all inputs, function by function.
            gauge: the gauge of the new layer.
            train_output_eigenvalues: learn lambda_out.
            basis: the functions of every input that the layer is linear in.

        Returns:
            A new layer on the same device and of the same type.

        Raises:
            ValueError: if the number of columns is no multiple of the number of functions.
        """
        n_functions = max(len(basis), 1)
        if linear.in_features % n_functions:
            raise ValueError(f"linear must take {n_functions} columns of every input, got {linear.in_features} in all")
        device = linear.weight.device
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            layer = cls(
                linear.in_features // n_functions,
                linear.out_features,
                bias=linear.bias is not None,
                gauge=gauge,
                train_output_eigenvalues=train_output_eigenvalues,
                device=device,
                dtype=linear.weight.dtype,
                basis=basis,
            )
        layer.set_weight(linear.weight, linear.bias)
        return layer

    @torch.no_grad()
    def to_linear(self) -> nn.Linear:
        """Bake the weight into a plain layer over the kept inputs, or their columns `basis(inputs)`.

        Returns:
            A new `nn.Linear` with n_kept, or n_columns, inputs.
        """
        weight = self.weight
        linear = nn.Linear(
            weight.shape[1], self.out_features, bias=self.bias is not None, device=weight.device, dtype=weight.dtype
        )
        linear.weight.copy_(weight)
        if self.bias is not None:
            linear.bias.copy_(self.bias)
        return linear

    @property
    def weight(self) -> Float[Tensor, "n_out n_columns"]:
        """The dense weight of the kept inputs, or of their columns."""
        return self.weight_matrix

    def over_row(self, values: Shaped[Tensor, " n_features"]) -> Shaped[Tensor, " n_features"]:
        return values

    @in_own_precision
    def forward(self, inputs: Float[Tensor, "*rows n_in"]) -> Float[Tensor, "*rows n_out"]:
        """Apply the layer to rows of all inputs or of the kept ones alone.

        Args:
            inputs: rows of inputs.

        Returns:
            Rows of outputs.
        """
        if self.columns.kept is not None and inputs.shape[-1] == self.in_features:
            inputs = take_columns(inputs, self.columns.kept)
        if self.basis is not None:
            inputs = self.basis(inputs, self.columns.kept)
        if self._is_weight_trained or self.output_eigenvalues is not None:
            return linear(inputs, self.weight, self.bias)
        return spectral_linear(
            inputs, self.eigenvalues, self.raw_eigenvectors, self.bias, self.gauge == "unit", self.columns.blocks
        )

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, out_features={self.out_features}, bias={self.bias is not None}"
