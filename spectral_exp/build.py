"""From configuration to objects: the only caller of `hydra.utils.instantiate`.

Hydra's own block list is no security boundary, so targets are allowed by a list in code: a run folder
or a config that somebody sent cannot name anything else. Whoever wants targets of their own says so
outside the config, in the environment variable SPECTRAL_EXP_ALLOW (prefixes, separated by commas).
"""

import difflib
import importlib
import inspect
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, get_args, get_origin, get_type_hints

import hydra
from omegaconf import DictConfig, OmegaConf
from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError
from torch import Tensor, nn

from spectral_exp.dataset.data import Data, Part
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.dataset.units import describe_units
from spectral_exp.errors import UserError
from spectral_exp.layer.spectral_layer import SpectralLayer

ALLOWED_PREFIXES = (
    "spectral_exp.",
    "torch.nn.",
    "torch.optim.",
    "torchvision.transforms.",
    "pytorch_lightning.callbacks.",
    "pytorch_lightning.loggers.",
    "torchmetrics.",
)
ALLOWED_TARGETS = ("pytorch_lightning.Trainer",)
ALLOW_VARIABLE = "SPECTRAL_EXP_ALLOW"
INSTRUCTIONS = {"_target_", "_partial_", "_convert_", "_recursive_"}  # Hydra's own keys beside keywords


def build(node: DictConfig, where: str, **values: Any) -> Any:
    """Check a config node and construct the object that it describes.

    Args:
        node: a node with a `_target_`; nested nodes become nested objects.
        where: the node's place in the config, named in messages.
        **values: further keywords for the outermost target.

    Returns:
        The object, or a partial if the node says so.

    Raises:
        UserError: if a target is not allowed or not found, a keyword is unknown or missing, or a value has
            the wrong type or is out of range.
    """
    for place, target_node in _targets(node, where):
        _check(target_node, place, given=set(values) if place == where else set())
    keywords: dict[str, Any] = {"_convert_": "all", **values}
    if "_execution_whitelist_" in inspect.signature(hydra.utils.instantiate).parameters:  # Hydra 1.4
        keywords["_execution_whitelist_"] = (*ALLOWED_TARGETS, *(f"{prefix}*" for prefix in _allowed_prefixes()))
    try:
        return hydra.utils.instantiate(node, **keywords)
    except hydra.errors.InstantiationException as error:
        cause = error.__cause__
        if isinstance(cause, UserError):
            raise cause from None
        if isinstance(cause, (ValueError, TypeError)) or type(cause).__name__ == "MisconfigurationException":
            inner = re.search(r"full_key: (\S+)", str(error))
            raise UserError(f"{inner[1] if inner else where}: {' '.join(str(cause).split())}") from cause
        raise


def build_all(nodes: DictConfig | None, where: str, **values: Any) -> dict[str, Any]:
    """Construct every object of a group that maps names to nodes.

    Args:
        nodes: name to node; a name set to null is left out.
        where: the group's place in the config.
        **values: further keywords for every target.

    Returns:
        Name to object.
    """
    return {
        str(name): build(node, f"{where}.{name}", **values) for name, node in (nodes or {}).items() if node is not None
    }


def build_model(node: DictConfig, info: DatasetInfo) -> nn.Module:
    """Construct the network for a data set.

    Args:
        node: the config's `model`.
        info: what the inputs and the target are.

    Returns:
        The model, with new weights; the inputs of a group share an eigenvalue.

    Raises:
        UserError: if the configuration cannot work, or the model does not say which layer takes its inputs.
    """
    size = {"in_shape": info.channels_first} if _takes_whole_rows(node) else {"in_features": info.n_values}
    model: nn.Module = build(node, "model", **size, out_features=info.n_outputs)
    if not isinstance(getattr(model, "input_layer", None), nn.Module):
        raise UserError(
            f"model: {type(model).__name__} has no input_layer; name the layer that takes the inputs so, and make it a "
            "SpectralLinear"
        )
    if info.group_numbers is not None and isinstance(model.input_layer, SpectralLayer):
        model.input_layer.share_eigenvalues(info.group_numbers)
    return model


def build_data(config: DictConfig) -> Data:
    """Load the data of a run, described by the inputs that its model has eigenvalues for.

    Args:
        config: what `conf/train.yaml` composes to.

    Returns:
        The data.

    Raises:
        UserError: if the configuration or the data cannot work.
    """
    data: Data = build(config.dataset, "dataset").load()
    if not _takes_whole_rows(config.model):
        return _with_flat_rows(data)
    model: Any = build_model(config.model, replace(data.info, groups=None))
    try:
        info = describe_units(data.info, model.unit, n_activations=getattr(model.input_layer, "in_features", 0))
    except ValueError as error:
        raise UserError(f"{type(model).__name__}: {error}") from error
    return replace(data, info=info)


def _with_flat_rows(data: Data) -> Data:
    if data.augmentation is not None:
        raise UserError("dataset.augmentation needs a model that takes whole images, such as model=spectral_cnn")
    parts = {name: getattr(data, name) for name in ("train", "val", "test")}  # sparse and streamed rows are flat
    flat: dict[str, Any] = {
        name: replace(part, inputs=part.inputs.flatten(1)) for name, part in parts.items() if isinstance(part, Part)
    }
    return replace(data, **flat)


def _takes_whole_rows(node: DictConfig) -> bool:
    """Whether a model wants to know how its inputs lie in a row, and tells what one of them is, its `unit`."""
    return "in_shape" in inspect.signature(find_target(str(node["_target_"]), "model")).parameters


def find_target(target: str, where: str) -> Callable[..., Any]:
    """Import the class or function that a `_target_` names, if it is allowed.

    Args:
        target: a dotted path.
        where: its place in the config, named in messages.

    Returns:
        The class or function.

    Raises:
        UserError: if it is not allowed or does not exist.
    """
    if target not in ALLOWED_TARGETS and not target.startswith(_allowed_prefixes()):
        raise UserError(
            f"{where}._target_: {target} is not allowed; to trust it, set {ALLOW_VARIABLE}={target.rpartition('.')[0]}."
        )
    module_name, _, name = target.rpartition(".")
    try:
        found: Callable[..., Any] = getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError) as error:
        raise UserError(f"{where}._target_: there is no {target} ({error})") from error
    # A name that an allowed module merely imported belongs to the module that defines it.
    home = f"{getattr(found, '__module__', module_name)}."
    if not callable(found) or not home.startswith((*_allowed_prefixes(), "pytorch_lightning.")):
        raise UserError(f"{where}._target_: {target} is not a class or function of an allowed package")
    return found


def _allowed_prefixes() -> tuple[str, ...]:
    own = tuple(prefix.strip() for prefix in os.environ.get(ALLOW_VARIABLE, "").split(",") if prefix.strip())
    return ALLOWED_PREFIXES + own


def _targets(node: Any, where: str) -> Iterator[tuple[str, DictConfig]]:
    """Find every node with a `_target_`, in lists too: Hydra instantiates them all."""
    if isinstance(node, DictConfig) and "_target_" in node:
        yield where, node
    for key in node if isinstance(node, DictConfig) else range(len(node)):
        if not OmegaConf.is_missing(node, key) and OmegaConf.is_config(node[key]):
            yield from _targets(node[key], f"{where}.{key}")


def _check(node: DictConfig, where: str, given: set[str]) -> None:
    target = find_target(str(node["_target_"]), where)
    parameters = inspect.signature(target).parameters
    open_ended = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    hints = _type_hints(target)
    for name in (str(key) for key in node):
        if name in INSTRUCTIONS:
            continue
        if name in given:
            raise UserError(f"{where}.{name}: the program sets it itself; leave it out")
        if name not in parameters and not open_ended:
            near = difflib.get_close_matches(name, parameters, 1)
            takes = ", ".join(parameters) or "nothing"
            if (where, name) == ("model", "hidden_features"):
                raise UserError(f"{where}.{name}: {target.__name__} has no such argument; size= sets it: add ~size")
            hint = f"did you mean {near[0]}?" if near else f"{target.__name__} takes {takes}"
            raise UserError(f"{where}.{name}: unknown key; {hint}")
        if OmegaConf.is_missing(node, name):
            raise UserError(f"{where}.{name}: a value is needed; add {where}.{name}=... to the command")
        value = node[name]
        if name in hints and not isinstance(value, DictConfig):
            _check_type(value, hints[name], f"{where}.{name}")
    for name, parameter in parameters.items():
        needed = parameter.default is parameter.empty and parameter.kind in (
            parameter.POSITIONAL_OR_KEYWORD,
            parameter.KEYWORD_ONLY,
        )
        if needed and name not in node and name not in given and not node.get("_partial_", False):
            raise UserError(f"{where}.{name}: a value is needed; add +{where}.{name}=... to the command")


def _type_hints(target: Callable[..., Any]) -> Mapping[str, Any]:
    try:
        return get_type_hints(target.__init__ if isinstance(target, type) else target)
    except (NameError, TypeError):  # annotations of other people's classes that cannot be resolved
        return {}


def _check_type(value: Any, annotation: Any, where: str) -> None:
    plain = OmegaConf.to_container(value) if OmegaConf.is_config(value) else value
    checked: Any = plain
    if isinstance(plain, list) and get_origin(annotation) is tuple:  # YAML has lists alone
        checked = tuple(plain)
    try:
        TypeAdapter(annotation, config=ConfigDict(strict=True, arbitrary_types_allowed=True)).validate_python(checked)
    except ValidationError as error:
        raise UserError(f"{where} must be {_describe(annotation)}, got {plain!r}") from error
    except PydanticUserError:  # a type that pydantic does not know: left to the constructor
        return


def _describe(annotation: Any) -> str:
    names = {int: "a whole number", float: "a number", bool: "true or false", str: "a text", type(None): "null"}
    if annotation in names:
        return names[annotation]
    parts = get_args(annotation)
    if get_origin(annotation) is Literal:
        return "one of " + ", ".join(str(part) for part in parts)
    if not parts:
        return getattr(annotation, "__name__", str(annotation))
    if get_origin(annotation) in (list, tuple, Sequence):
        return f"a list, each {_describe(parts[0])}"
    return " or ".join(dict.fromkeys(_describe(part) for part in parts if part is not Tensor))  # YAML holds none
