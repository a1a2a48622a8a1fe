"""The first layer of any network in spectral form."""

from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from spectral_exp.layer.spectral_conv import SpectralConv1d, SpectralConv2d
from spectral_exp.layer.spectral_layer import Gauge, SpectralLayer
from spectral_exp.layer.spectral_linear import SpectralLinear

M = TypeVar("M", bound=nn.Module)

PLAIN_LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d)


def spectral_form(layer: nn.Module, gauge: Gauge = "free") -> SpectralLayer:
    """Build the spectral form of a plain layer, with the same weight and outputs.

    Args:
        layer: one of `PLAIN_LAYERS`; it is not changed.
        gauge: the gauge of the new layer.

    Returns:
        The new layer.

    Raises:
        ValueError: if it is another layer, or a convolution with groups.
    """
    if type(layer) is nn.Linear:
        return SpectralLinear.from_linear(layer, gauge)
    if type(layer) is nn.Conv1d:
        return SpectralConv1d.from_conv(layer, gauge)
    if type(layer) is nn.Conv2d:
        return SpectralConv2d.from_conv(layer, gauge)
    kinds = ", ".join(kind.__name__ for kind in PLAIN_LAYERS)
    raise ValueError(f"a {type(layer).__name__} has no spectral form, expected one of {kinds}")


def spectralize(module: M, name: str | None = None, example: Any = None, gauge: Gauge = "free") -> M | SpectralLayer:
    """Turn the first layer of a network into its spectral form, in place; weights and outputs stay what they are.

    The first layer is the one with parameters that the input reaches first. It is found by the layer's name, by
    running the network on an example, or, given neither, by `torch.fx`, which traces most networks without one.

    Args:
        module: any network.
        name: the layer as `named_modules` calls it, such as `features.0`.
        example: an input, or a tuple of them, that the network can be called with.
        gauge: the gauge of the new layer.

    Returns:
        The same network, or the new layer if the network is a single one.

    Raises:
        ValueError: if there is no such layer, the network uses it twice, it has no spectral form, or the network
            cannot be traced and there is no example.

    Example:
        >>> spectralize(nn.Sequential(nn.Flatten(), nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)))[1].in_features
        4
    """
    if name is None:
        calls = _calls_by_tracing(module) if example is None else _calls_by_running(module, example)
        if not calls:
            raise ValueError(f"{type(module).__name__} calls no layer with parameters; name the layer")
        name = calls[0]
        if calls.count(name) > 1:
            raise ValueError(_used_twice(module, name))
    layers = dict(module.named_modules())
    if name not in layers:
        inner = [one for one, layer in layers.items() if type(layer) in PLAIN_LAYERS]
        raise ValueError(f"{type(module).__name__} has no layer {name!r}; those that can be taken: {', '.join(inner)}")
    layer = layers[name]
    if sum(other is layer for _, other in module.named_modules(remove_duplicate=False)) > 1:
        raise ValueError(_used_twice(module, name))
    try:
        spectral = spectral_form(layer, gauge)
    except ValueError as error:
        raise ValueError(f"layer {name!r} of {type(module).__name__}: {error}") from error
    spectral.train(layer.training)
    if not name:
        return spectral
    parent, _, attribute = name.rpartition(".")
    setattr(module.get_submodule(parent), attribute, spectral)
    return module


def _used_twice(module: nn.Module, name: str) -> str:
    return (
        f"{type(module).__name__} uses layer {name!r} more than once, and one eigenvalue cannot speak of two inputs; "
        "name another layer"
    )


def _has_parameters(module: nn.Module) -> bool:
    return any(True for _ in module.parameters(recurse=False))


def _calls_by_tracing(module: nn.Module) -> list[str]:
    """Names of the layers with parameters in the order in which they are called, as a symbolic trace sees them."""
    if not any(True for _ in module.children()):
        return [""] if _has_parameters(module) else []
    try:
        graph = torch.fx.symbolic_trace(module).graph
    except Exception as error:
        # Whatever the network does on symbols may fail in its own way.
        raise ValueError(
            f"{type(module).__name__} cannot be traced ({str(error).splitlines()[0]}); give an example input, or the "
            "name of its first layer"
        ) from error
    called = [str(node.target) for node in graph.nodes if node.op == "call_module"]
    return [name for name in called if any(True for _ in module.get_submodule(name).parameters())]


def _calls_by_running(module: nn.Module, example: Any) -> list[str]:
    """Names of the layers with parameters in the order in which they are called on an example."""
    calls: list[str] = []
    names = {layer: name for name, layer in module.named_modules() if _has_parameters(layer)}

    def note(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        calls.append(names[layer])

    handles = [layer.register_forward_pre_hook(note) for layer in names]
    modes = {layer: layer.training for layer in module.modules()}
    module.eval()  # batch norm would learn from the example
    try:
        with torch.no_grad():
            module(*example) if isinstance(example, tuple) else module(example)
    finally:
        for handle in handles:
            handle.remove()
        for layer, is_training in modes.items():
            layer.training = is_training
    return calls
