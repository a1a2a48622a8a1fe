"""A trained network cut down to some of its inputs, in plain PyTorch layers and the units of the data."""

from collections.abc import Callable
from typing import Any, Literal, TypedDict

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from spectral_exp.dataset.info import DatasetInfo, Task
from spectral_exp.errors import UserError
from spectral_exp.functional.basis import expand
from spectral_exp.functional.mask import scatter
from spectral_exp.layer.spectral_conv import SpectralConv
from spectral_exp.layer.spectral_gate import SpectralGate
from spectral_exp.layer.spectral_linear import SpectralLinear
from spectral_exp.model.conv_net import ConvNet
from spectral_exp.model.hidden_layers import ACTIVATIONS
from spectral_exp.model.side_by_side import BlockLinear, MeanOfNets

# The arguments that a layer is built from again, by its kind in `torch.nn`.
_CONVOLUTION = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "padding_mode")
_POOL = ("kernel_size", "stride", "padding")
ARGUMENTS: dict[type[nn.Module], tuple[str, ...]] = {
    nn.Linear: ("in_features", "out_features"),
    nn.Conv1d: _CONVOLUTION,
    nn.Conv2d: _CONVOLUTION,
    nn.BatchNorm1d: ("num_features", "eps"),
    nn.BatchNorm2d: ("num_features", "eps"),
    nn.MaxPool1d: _POOL,
    nn.MaxPool2d: _POOL,
    nn.AvgPool1d: _POOL,
    nn.AvgPool2d: _POOL,
    nn.Flatten: (),
    **{type(make()): () for make in ACTIVATIONS.values()},
    nn.LeakyReLU: ("negative_slope",),
}
KINDS = {kind.__name__: kind for kind in ARGUMENTS}
WITH_BIAS = (nn.Linear, nn.Conv1d, nn.Conv2d)
Predict = Callable[[Float[np.ndarray, "n_rows n_inputs"]], Float[np.ndarray, "n_rows *n_classes"]]

WITHOUT_EFFECT = (nn.Dropout, nn.Identity)  # once training is over


class Description(TypedDict):
    """What is stored beside the weights, in plain values: all that a user of the file has to know.

    Attributes:
        dataset: name of the data set.
        task: `classification` or `regression`.
        input_names: names of the inputs in the order of their columns, or channels, which is that of the data.
        positions: the shape of every input: () for a number, (height, width) or (length,) for a channel.
        input_positions: where these columns stand among all inputs of the data, from 0.
        input_shift: subtracted from every input, in its own units; None if inputs are taken as they are.
        input_divisor: what the inputs are divided by after that; None if inputs are taken as they are.
        basis: functions of every scaled input x, which the first layer takes in place of x: the name of a function f
            of `torch`, and c f(a x + b) + d as lists of a, b, c, d with one number per input. The columns are
            those of the first function, then those of the second. Empty if it takes the inputs themselves.
        n_features: number of inputs of the data. Those left out count as 0 in the scaled units.
        outputs: `class probabilities`, (n_rows, n_classes), or `value in units of the target`, (n_rows,).
        class_names: names of the classes in the order of the columns of the outputs; empty for regression.
        target_mean: added to the last layer's output in the end, for regression.
        target_scale: what it is multiplied by before that.
        layers: kind and arguments of every layer, as in `torch.nn`.
        versions: the packages that the model was trained with.
    """

    dataset: str
    task: Task
    input_names: list[str]
    positions: list[int]
    input_positions: list[int]
    input_shift: list[float] | None
    input_divisor: list[float] | None
    basis: list[tuple[str, list[list[float]]]]
    n_features: int
    outputs: Literal["class probabilities", "value in units of the target"]
    class_names: list[str]
    target_mean: float
    target_scale: float
    layers: list[tuple[str, dict[str, Any]]]
    versions: dict[str, str]


class SlimModel(nn.Module):
    """Plain layers between the units of the data and those of the target, with new weights.

    Rows and results are float64, as NumPy and pandas hold them: a year or a price has digits that float32
    loses before the scaling can take its mean off. The layers compute in float32, as they were trained.

    Args:
        description: what the network is made of.

    Shape:
        Input (n_rows, n_inputs, *positions), float64; output as in `Description.outputs`, float64.
    """

    input_shift: Tensor | None
    input_divisor: Tensor | None
    coefficients: Tensor | None

    def __init__(self, description: Description) -> None:
        super().__init__()
        self.description = description
        self.layers = nn.Sequential(*(KINDS[kind](**arguments) for kind, arguments in description["layers"]))
        for name, values in (
            ("input_shift", description["input_shift"]),
            ("input_divisor", description["input_divisor"]),
        ):
            ones = [1] * len(description["positions"])
            tensor = None if values is None else torch.tensor(values, dtype=torch.float64).reshape(-1, *ones)
            self.register_buffer(name, tensor)
        self.functions = [name for name, _ in description["basis"]]
        coefficients = [torch.tensor(numbers) for _, numbers in description["basis"]]
        self.register_buffer("coefficients", torch.stack(coefficients, dim=1) if coefficients else None)
        self.requires_grad_(False).eval()

    @property
    def n_idle(self) -> int:
        """Number of inputs that change nothing: their weights are 0."""
        weight = self.layers[0].weight
        assert isinstance(weight, Tensor)
        n_inputs = len(self.description["input_names"])
        columns = (weight == 0).transpose(0, 1).flatten(1).all(dim=1)
        return int(columns.reshape(-1, n_inputs).all(dim=0).sum())

    def forward(self, inputs: Float[Tensor, "n_rows n_inputs"]) -> Float[Tensor, "n_rows *n_classes"]:
        """Compute class probabilities, or values in the units of the target.

        Args:
            inputs: rows of the inputs in their own units.

        Returns:
            One result per row.
        """
        if self.input_shift is not None and self.input_divisor is not None:
            inputs = (inputs - self.input_shift) / self.input_divisor
        inputs = inputs.float()
        if self.coefficients is not None:
            inputs = expand(inputs, self.functions, self.coefficients)
        outputs: Tensor = self.layers(inputs).double()
        if self.description["task"] == "classification":
            return outputs.softmax(dim=1)
        return outputs.squeeze(1) * self.description["target_scale"] + self.description["target_mean"]


def make_slim(
    model: nn.Module, info: DatasetInfo, kept: Bool[np.ndarray, " n_features"], versions: dict[str, str]
) -> SlimModel:
    """Cut a trained network down to some of its inputs and bake every spectral layer into a plain one.

    Args:
        model: a trained chain of layers: a perceptron, or a convolutional net whose inputs are channels.
        info: what its inputs and its target are.
        kept: the inputs to keep.
        versions: the packages that it was trained with.

    Returns:
        The slim model, in evaluation mode.

    Raises:
        UserError: if the network is no chain, or has layers that are not known here.
    """
    layers = _plain_layers(model, torch.from_numpy(kept))
    scaling = {
        name: None if values is None else values[kept].tolist()
        for name, values in (("input_shift", info.input_shift), ("input_divisor", info.input_divisor))
    }
    is_classification = info.task == "classification"
    positions = kept.nonzero()[0].tolist()
    slim = SlimModel(
        {
            "dataset": info.name,
            "task": info.task,
            "input_names": [info.feature_names[position] for position in positions],
            "positions": list(info.channels_first[1:]) if info.unit == "channel" else [],
            "input_positions": positions,
            "input_shift": scaling["input_shift"],
            "input_divisor": scaling["input_divisor"],
            "basis": _basis(model.input_layer, torch.from_numpy(kept)),
            "n_features": info.n_features,
            "outputs": "class probabilities" if is_classification else "value in units of the target",
            "class_names": list(info.class_names),
            "target_mean": info.target_mean,
            "target_scale": info.target_scale,
            "layers": [(type(layer).__name__, _arguments(layer)) for layer in layers],
            "versions": dict(versions),
        }
    )
    slim.layers.load_state_dict(layers.state_dict())
    return slim


def _basis(layer: Any, kept: Bool[Tensor, " n_features"]) -> list[tuple[str, list[list[float]]]]:
    """The functions of the kept inputs that a layer takes, in plain values."""
    if not isinstance(layer, SpectralLinear) or layer.basis is None:
        return []
    coefficients = layer.basis.coefficients[..., kept]
    return [(name, coefficients[:, index].tolist()) for index, name in enumerate(layer.basis.names)]


def _chain(model: nn.Module) -> list[nn.Module]:
    """The layers of a model, one behind the other; none if it is no chain."""
    if isinstance(model, ConvNet):
        return [*model.layers, *_chain(model.head)]
    layers = getattr(model, "layers", None)
    return [*layers] if isinstance(layers, nn.Sequential) else []


def _plain_layers(model: nn.Module, kept: Bool[Tensor, " n_features"]) -> nn.Sequential:
    layers = _chain(model)
    if not layers or layers[0] is not model.input_layer:
        raise UserError(f"{type(model).__name__} cannot be exported: it is no chain of layers, as SpectralMLP is")
    if isinstance(layers[0], SpectralGate):
        raise UserError(
            f"{type(model).__name__} cannot be exported: an image without some of its pixels is no smaller image; "
            "train with model.unit=channel for a model that takes fewer channels"
        )
    plain: list[nn.Module] = []
    for position, layer in enumerate(layers):
        if isinstance(layer, (SpectralLinear, SpectralConv, *WITH_BIAS)):
            plain.append(_bake(layer, kept if position == 0 else None))
        elif isinstance(layer, WITHOUT_EFFECT):
            continue
        elif isinstance(layer, (BlockLinear, MeanOfNets)):
            plain.append(layer.to_linear())
        elif type(layer) in ARGUMENTS:
            plain.append(layer)
        else:
            raise UserError(
                f"{type(model).__name__} cannot be exported: layer {position} is a {type(layer).__name__}, expected "
                f"one of {', '.join(KINDS)}"
            )
    return nn.Sequential(*plain)


@torch.no_grad()
def _bake(layer: Any, kept: Bool[Tensor, " n_in"] | None) -> nn.Module:
    """A plain layer of some of the inputs, None for all; one that was dropped before has columns of zeros."""
    is_spectral = isinstance(layer, (SpectralLinear, SpectralConv))
    plain: Any = layer
    if is_spectral:
        plain = layer.to_linear() if isinstance(layer, SpectralLinear) else layer.to_conv()
    weight, bias = plain.weight, plain.bias
    if is_spectral:
        of_columns = layer.columns.masks(layer.mask)["raw_eigenvectors"]
        weight = scatter(weight.movedim(1, -1), of_columns).movedim(-1, 1)
    columns = torch.ones(weight.shape[1], dtype=torch.bool)
    if kept is not None:
        columns = layer.columns.masks(kept)["raw_eigenvectors"] if is_spectral else kept
    if isinstance(layer, SpectralLinear) and layer.basis is not None:
        # Functions of an input that counts as 0 need not be 0 themselves.
        of_zeros = layer.basis(torch.zeros(layer.in_features, dtype=weight.dtype))
        constant = weight[:, ~columns] @ of_zeros[~columns]
        bias = constant if bias is None else bias + constant
    sizes = {name: getattr(plain, name) for name in ARGUMENTS[type(plain)]}
    sizes[next(iter(sizes))] = int(columns.sum())  # the number of inputs
    baked: Any = type(plain)(**sizes, bias=bias is not None)
    baked.weight.copy_(weight[:, columns])
    if bias is not None:
        baked.bias.copy_(bias)
    return baked


def _arguments(layer: nn.Module) -> dict[str, Any]:
    arguments = {name: getattr(layer, name) for name in ARGUMENTS[type(layer)]}
    arguments = {name: list(value) if isinstance(value, tuple) else value for name, value in arguments.items()}
    return {**arguments, "bias": layer.bias is not None} if isinstance(layer, WITH_BIAS) else arguments
