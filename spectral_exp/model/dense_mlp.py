"""The plain multilayer perceptron: the baseline of `SpectralMLP`."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn

from spectral_exp.model.hidden_layers import Activation, Initialization, hidden_layers


class DenseMLP(nn.Module):
    """The net of `SpectralMLP` with plain linear layers only.

    Args:
        in_features: number of inputs, n_features.
        out_features: number of outputs (classes, or 1 for regression).
        hidden_features: width of every hidden layer.
        activation: for all hidden layers, or a list with one each.
        batch_norm: normalise behind the activation; one value or a list.
        dropout: share of hidden units dropped in training; one value or a list.
        initialization: PyTorch's default or the paper's.

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
        initialization: Initialization = "kaiming_uniform",
    ) -> None:
        super().__init__()
        self.layers = hidden_layers(
            in_features,
            out_features,
            hidden_features,
            activation,
            batch_norm,
            dropout,
            initialization,
            lambda position, linear: linear,
        )

    @property
    def input_layer(self) -> nn.Linear:
        """The layer whose columns belong to the inputs of the data."""
        layer = self.layers[0]
        assert isinstance(layer, nn.Linear)
        return layer

    def forward(self, inputs: Float[Tensor, "n_rows *shape"]) -> Float[Tensor, "n_rows n_out"]:
        """Compute logits, or the predicted value for regression.

        Args:
            inputs: rows of inputs.

        Returns:
            One row of outputs per row of inputs.
        """
        outputs: Tensor = self.layers(inputs.flatten(1))
        return outputs
