"""The stack of layers that the spectral and the dense perceptron share."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal, TypeVar, get_args

from torch import nn

from spectral_exp.model.side_by_side import MeanOfNets, side_by_side

Activation = Literal["relu", "tanh", "sigmoid", "gelu", "silu", "leaky_relu", "elu", "vee", "identity"]
Initialization = Literal["kaiming_uniform", "xavier_uniform"]

# max(z, -0.4 z) is more even than odd: units see products of inputs, which need |z|, through less noise of single ones.
VEE_SLOPE = -0.4

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "vee": partial(nn.LeakyReLU, negative_slope=VEE_SLOPE),
    "identity": nn.Identity,
}

T = TypeVar("T", str, bool, float)


def per_layer(name: str, value: T | Sequence[T], n_layers: int) -> list[T]:
    """Give every hidden layer its own value: one for all, or a list with one each.

    Args:
        name: what the value is called in messages.
        value: one value or one per hidden layer.
        n_layers: number of hidden layers.

    Returns:
        A list of n_layers values.

    Raises:
        ValueError: if a list has another length.
    """
    if isinstance(value, (str, bool, int, float)):
        return [value] * n_layers
    if len(value) != n_layers:
        raise ValueError(f"{name} must be one value or one per hidden layer ({n_layers}), got {len(value)}")
    return list(value)


def hidden_layers(
    in_features: int,
    out_features: int,
    hidden_features: Sequence[int],
    activation: str | Sequence[str],
    batch_norm: bool | Sequence[bool],
    dropout: float | Sequence[float],
    initialization: str,
    convert: Callable[[int, nn.Module], nn.Module],
    n_nets: int = 1,
) -> nn.Sequential:
    """Build linear, activation, batch norm, dropout for each hidden layer, then a linear output.

    Args:
        in_features: number of inputs.
        out_features: number of outputs.
        hidden_features: width of every hidden layer.
        activation: one of `ACTIVATIONS`, for all or for each hidden layer.
        batch_norm: normalise behind the activation, as in the method's paper.
        dropout: share of units that are dropped in training, 0 for none.
        initialization: how weights start; `xavier_uniform` also starts biases at 0, as in the paper.
        convert: turns the plain linear layer at a position (0 = first) into the one that is used.
        n_nets: networks of these sizes side by side, see `MeanOfNets`.

    Returns:
        The layers; the first linear one is at index 0.

    Raises:
        ValueError: if a value is out of range or a list has the wrong length.
    """
    n_hidden = len(hidden_features)
    if any(width < 1 for width in (in_features, out_features, *hidden_features)):
        raise ValueError(f"hidden_features must be >= 1, got {list(hidden_features)}")
    if n_nets < 1:
        raise ValueError(f"n_nets must be >= 1, got {n_nets}")
    if initialization not in get_args(Initialization):
        raise ValueError(f"initialization must be one of {', '.join(get_args(Initialization))}, got {initialization!r}")
    activations = per_layer("activation", activation, n_hidden)
    unknown = [name for name in activations if name not in ACTIVATIONS]
    if unknown:
        raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}, got {unknown[0]!r}")
    norms = per_layer("batch_norm", batch_norm, n_hidden)
    dropouts = per_layer("dropout", dropout, n_hidden)
    if not all(0 <= share < 1 for share in dropouts):
        raise ValueError(f"dropout must be at least 0 and below 1, got {dropout}")

    layers: list[nn.Module] = []
    widths = [in_features, *hidden_features, out_features]
    for position in range(n_hidden + 1):
        linears = [nn.Linear(widths[position], widths[position + 1]) for _ in range(n_nets)]
        if initialization == "xavier_uniform":
            for linear in linears:
                nn.init.xavier_uniform_(linear.weight)
                nn.init.zeros_(linear.bias)
        layers.append(convert(position, side_by_side(linears, is_first=position == 0)))
        if position == n_hidden:
            break
        layers.append(ACTIVATIONS[activations[position]]())
        if norms[position]:
            layers.append(nn.BatchNorm1d(n_nets * widths[position + 1]))
        if dropouts[position] > 0:
            layers.append(nn.Dropout(dropouts[position]))
    if n_nets > 1:
        layers.append(MeanOfNets(n_nets, out_features))
    return nn.Sequential(*layers)
