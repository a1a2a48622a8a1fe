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
from spectral_exp.layer.spectral_linear import SpectralLinear
from spectral_exp.model.hidden_layers import ACTIVATIONS

KINDS = {kind.__name__: kind for kind in (nn.Linear, nn.BatchNorm1d, *(type(make()) for make in ACTIVATIONS.values()))}
Predict = Callable[[Float[np.ndarray, "n_rows n_inputs"]], Float[np.ndarray, "n_rows *n_classes"]]

WITHOUT_EFFECT = (nn.Dropout, nn.Identity)  # once training is over


class Description(TypedDict):
    """What is stored beside the weights, in plain values: all that a user of the file has to know.

    Attributes:
        dataset: name of the data set.
        task: `classification` or `regression`.
        input_names: names of the inputs in the order of their columns, which is that of the data.
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
        Input (n_rows, n_inputs), float64; output as in `Description.outputs`, float64.
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
            tensor = None if values is None else torch.tensor(values, dtype=torch.float64)
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
        return int((weight == 0).all(dim=0).reshape(-1, n_inputs).all(dim=0).sum())

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
        model: a trained chain of layers, such as `SpectralMLP` or `DenseMLP`.
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


def _plain_layers(model: nn.Module, kept: Bool[Tensor, " n_features"]) -> nn.Sequential:
    layers = getattr(model, "layers", None)
    if not isinstance(layers, nn.Sequential) or layers[0] is not model.input_layer:
        raise UserError(f"{type(model).__name__} cannot be exported: it is no chain of layers, as SpectralMLP is")
    plain: list[nn.Module] = []
    for position, layer in enumerate(layers):
        if isinstance(layer, (SpectralLinear, nn.Linear)):
            plain.append(_bake(layer, kept if position == 0 else torch.ones(layer.in_features, dtype=torch.bool)))
        elif isinstance(layer, WITHOUT_EFFECT):
            continue
        elif type(layer) in KINDS.values():
            plain.append(layer)
        else:
            raise UserError(
                f"{type(model).__name__} cannot be exported: layer {position} is a {type(layer).__name__}, expected "
                f"one of {', '.join(KINDS)}"
            )
    return nn.Sequential(*plain)


@torch.no_grad()
def _bake(layer: SpectralLinear | nn.Linear, kept: Bool[Tensor, " n_in"]) -> nn.Linear:
    """A plain layer of some of the inputs; one that was dropped before has columns of zeros."""
    columns, weight, bias = kept, layer.weight, layer.bias
    if isinstance(layer, SpectralLinear):
        masks = layer.columns.masks(layer.mask), layer.columns.masks(kept)
        weight, columns = scatter(weight, masks[0]["raw_eigenvectors"]), masks[1]["raw_eigenvectors"]
        if layer.basis is not None:  # functions of an input that counts as 0 need not be 0 themselves
            of_zeros = layer.basis(torch.zeros(layer.in_features, dtype=weight.dtype))
            constant = weight[:, ~columns] @ of_zeros[~columns]
            bias = constant if bias is None else bias + constant
    plain = nn.Linear(int(columns.sum()), layer.out_features, bias=bias is not None)
    plain.weight.copy_(weight[:, columns])
    if bias is not None:
        plain.bias.copy_(bias)
    return plain


def _arguments(layer: nn.Module) -> dict[str, Any]:
    if isinstance(layer, nn.LeakyReLU):
        return {"negative_slope": layer.negative_slope}
    if isinstance(layer, nn.Linear):
        return {"in_features": layer.in_features, "out_features": layer.out_features, "bias": layer.bias is not None}
    if isinstance(layer, nn.BatchNorm1d):
        return {"num_features": layer.num_features, "eps": layer.eps}
    return {}
