"""A multilayer perceptron whose first layer, or every layer, is spectral."""

from collections.abc import Mapping, Sequence
from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn

from spectral_exp.layer.basis_function.basis_function import BasisFunction
from spectral_exp.layer.spectral_layer import Gauge
from spectral_exp.layer.spectral_linear import SpectralLinear
from spectral_exp.model.hidden_layers import Activation, Initialization, hidden_layers
from spectral_exp.model.input_dropout import InputDropout


class SpectralMLP(nn.Module):
    """Stack spectral and plain linear layers with activation, batch norm and dropout between them.

    Under the same random seed it starts as the same function as `DenseMLP`.
    Source: Chicchi et al., Communications Physics (2026), doi 10.1038/s42005-026-02614-7.

    Args:
        in_features: number of inputs, n_features.
        out_features: number of outputs (classes, or 1 for regression).
        hidden_features: width of every hidden layer.
        activation: for all hidden layers, or a list with one each.
        batch_norm: normalise behind the activation; one value or a list.
        dropout: share of hidden units dropped in training; one value or a list.
        spectral_layers: `first`, or `all` as in the paper.
        gauge: how the scale shared by eigenvalue and eigenvector is fixed.
        train_output_eigenvalues: learn lambda_out of the spectral layers.
        initialization: PyTorch's default or the paper's.
        basis: name to function: what the first layer is linear in, all functions of an input under its one
            eigenvalue; none for the inputs themselves. Fit it to the training rows, `input_layer.basis.fit`.
        input_dropout: share of the inputs that are hidden at random in training, see `InputDropout`; not with a basis.
        n_nets: networks of these sizes side by side, with one eigenvalue for what an input is to all of them: each
            learns by itself, inputs leave by what all need, and the outputs are averaged in the end.

    Shape:
        Input (n_rows, n_features), flattened if it has more axes; output (n_rows, out_features).

    Raises:
        ValueError: if a value is out of range or a list has the wrong length.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        hidden_features: Sequence[int],
        activation: Activation | Sequence[Activation] = "relu",
        batch_norm: bool | Sequence[bool] = False,
        dropout: float | Sequence[float] = 0.0,
        spectral_layers: Literal["first", "all"] = "first",
        gauge: Gauge = "free",
        train_output_eigenvalues: bool = False,
        initialization: Initialization = "kaiming_uniform",
        basis: Mapping[str, BasisFunction] | None = None,
        input_dropout: float = 0.0,
        n_nets: int = 1,
    ) -> None:
        super().__init__()
        if spectral_layers not in ("first", "all"):
            raise ValueError(f"spectral_layers must be 'first' or 'all', got {spectral_layers!r}")

        if n_nets > 1 and spectral_layers == "all":
            raise ValueError(
                "n_nets must be 1 with spectral_layers=all: networks side by side share the first layer alone"
            )
        if not 0 <= input_dropout < 1:
            raise ValueError(f"input_dropout must be at least 0 and below 1, got {input_dropout}")
        functions = tuple((basis or {}).values())
        if functions and input_dropout:
            raise ValueError("input_dropout hides inputs, not functions of them: leave basis or input_dropout out")

        def convert(position: int, linear: nn.Module) -> nn.Module:
            if position > 0 and spectral_layers == "first":
                return linear
            assert isinstance(linear, nn.Linear)
            return SpectralLinear.from_linear(
                linear, gauge, train_output_eigenvalues, functions if position == 0 else ()
            )

        n_columns = in_features * max(len(functions), 1)
        self.input_dropout = InputDropout(input_dropout) if input_dropout else nn.Identity()
        self.layers = hidden_layers(
            n_columns, out_features, hidden_features, activation, batch_norm, dropout, initialization, convert, n_nets
        )

    @property
    def input_layer(self) -> SpectralLinear:
        """The layer whose eigenvalues belong to the inputs of the data."""
        layer = self.layers[0]
        assert isinstance(layer, SpectralLinear)
        return layer

    def forward(self, inputs: Float[Tensor, "n_rows *shape"]) -> Float[Tensor, "n_rows n_out"]:
        """Compute logits, or the predicted value for regression.

        Args:
            inputs: rows of inputs.

        Returns:
            One row of outputs per row of inputs.
        """
        outputs: Tensor = self.layers(self.input_dropout(inputs.flatten(1)))
        return outputs
