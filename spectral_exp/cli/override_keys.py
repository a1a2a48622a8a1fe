"""Overrides that set, add or delete a key: applied to a composed config, unknown keys refused."""

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from spectral_exp.cli.composition import Composition
from spectral_exp.cli.nearest import did_you_mean, nearest
from spectral_exp.errors import UserError


def apply_override(config: DictConfig, override: Override, typed: str, configs: Composition) -> None:
    """Apply an override to a config as Hydra will, but refuse what is not there, with `+` too.

    Args:
        config: the config without this override; is changed.
        override: has one value, and its key is no group.
        typed: the override as typed, for messages.
        configs: where the config came from.

    Raises:
        UserError: if the key is unknown or cannot have this value.
    """
    key, value = override.key_or_group, override.value()
    is_added = override.is_add() or override.is_force_add()
    if not key:
        raise UserError(f"{typed}: a key is missing; write KEY=VALUE")
    if override.package is not None:
        raise UserError(f"{typed}: there is no group {key}{did_you_mean(nearest(key, configs.groups()))}")
    if override.is_hydra_override() and is_added:
        return  # Hydra's own business
    if override.is_delete():
        if not _exists(config, key):
            _refuse_unknown(config, key, typed, configs)
        return
    if override.is_add() and not isinstance(value, (dict, list)) and _is_set(config, key):
        raise UserError(f"{typed}: {key} is there already; write {typed.removeprefix('+')}")
    _check(config, key, value, is_added, typed, configs)
    try:
        OmegaConf.update(config, key, value, merge=True, force_add=is_added)
    except OmegaConfBaseException as error:
        raise UserError(f"{typed}: {str(error).splitlines()[0]}") from error


def refuse_missing(config: DictConfig, configs: Composition) -> None:
    """Refuse a config in which a value that the user must give is missing.

    Args:
        config: with all overrides applied.
        configs: where it came from, to quote what its file says about the key.

    Raises:
        UserError: if a key is still `???`.
    """
    for path, is_missing in _paths(config):
        if is_missing and not path.startswith("hydra."):
            comment = _comment(config, path, configs)
            raise UserError(f"{path} is needed{comment and f' ({comment})'}; add {path}=VALUE to the command")


def _check(config: DictConfig, key: str, value: Any, is_added: bool, typed: str, configs: Composition) -> None:
    group = key.replace(".", "/")
    if not _exists(config, key):
        if isinstance(value, (str, list)) and configs.is_group(group):
            options = ",".join(map(str, value if isinstance(value, list) else [value]))
            raise UserError(f"{typed}: {key} holds several keys; to choose options, write {group}=[{options}]")
        if not _is_taken(config, key, value):
            _refuse_unknown(config, key, typed, configs)
        if not is_added:
            raise UserError(f"{typed}: {key} is not in the config, but can be added; write +{typed}")
        return
    node = _find(config, key)
    if not isinstance(node, DictConfig) or value is None or str(value).startswith("${"):
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            _check(config, f"{key}.{name}", inner, is_added, typed, configs)
        return
    if configs.is_group(group):
        raise UserError(f"{typed}: {key} holds several keys; to choose an option, write {group}={value}")
    raise UserError(f"{typed}: {key} holds several keys ({', '.join(map(str, node))}); set one of them")


def _is_taken(config: DictConfig, key: str, value: Any) -> bool:
    parent, _, name = key.rpartition(".")
    grandparent = _find(config, parent.rpartition(".")[0])
    node = _find(config, parent)
    if name == "_target_" and node is None:
        return _maps_names_to_objects(grandparent)
    if _maps_names_to_objects(node):
        return not node or (isinstance(value, dict) and "_target_" in value)
    arguments = _arguments(node, parent)
    if not arguments:
        return False
    from spectral_exp.build import INSTRUCTIONS

    is_open = any(argument.kind is argument.VAR_KEYWORD for argument in arguments.values())
    return name in arguments or name in INSTRUCTIONS or is_open


def _arguments(node: Any, place: str) -> Mapping[str, inspect.Parameter]:
    if not isinstance(node, DictConfig) or "_target_" not in node or place.startswith("hydra."):  # not ours to look up
        return {}
    from spectral_exp.build import find_target  # what it imports may take seconds

    return inspect.signature(find_target(str(node["_target_"]), place)).parameters


def _maps_names_to_objects(node: Any) -> bool:
    # like `callbacks`: names of the user's own, each an object or null
    if not isinstance(node, DictConfig) or "_target_" in node:
        return False
    values = [_find(node, str(name)) for name in node]
    return all(value is None or (isinstance(value, DictConfig) and "_target_" in value) for value in values)


def _refuse_unknown(config: DictConfig, key: str, typed: str, configs: Composition) -> None:
    parent = key.rpartition(".")[0]
    owners = _options_with(key, configs)
    known = [] if owners else _known_names(config, key, configs)
    if not typed.startswith("~"):  # what holds several keys has no value of its own
        known = [name for name in known if configs.is_group(name) or not isinstance(_find(config, name), DictConfig)]
    near = nearest(key, known)
    if near:
        raise UserError(f"{typed}: unknown key {key}{did_you_mean(near)}")
    while not isinstance(node := _find(config, parent), DictConfig):
        parent = parent.rpartition(".")[0]
    names = [str(name) for name in node if str(name) != "hydra" and not str(name).startswith("_")]
    comes_with = f"; it comes with {' or '.join(owners)}" if owners else ""
    has = f"{parent} has" if parent else "there are"
    raise UserError(f"{typed}: unknown key {key}; {has} {', '.join(names)}{comes_with}")


def _options_with(key: str, configs: Composition) -> list[str]:
    # other options of the same group that have this very key, such as selection=top_k for selection.k
    parent, _, name = key.rpartition(".")
    group = parent.replace(".", "/")
    files = {option: configs.file_of(f"{group}/{option}") for option in configs.options(group)} if group else {}
    sets_it = re.compile(rf"^{re.escape(name)}:", re.M)
    return [f"{group}={option}" for option, file in files.items() if file and sets_it.search(file.read_text("utf-8"))]


def _known_names(config: DictConfig, key: str, configs: Composition) -> list[str]:
    # groups by their name with slashes, all other keys but those around the key, what the target around it takes
    parent = key.rpartition(".")[0]
    if key.startswith(("hydra.", "hydra/")):
        groups = configs.groups("hydra")
        keys = [path for path, _ in _paths(config.hydra, "hydra.")]
    else:
        groups = [group for group in configs.groups() if group.split("/")[0] != "hydra"]
        keys = [path for path, _ in _paths(config) if path.split(".")[0] != "hydra"]
    keys += [f"{parent}.{name}" for name in _arguments(_find(config, parent), parent)]
    as_groups = {group.replace("/", ".") for group in groups}
    around = {key[:dot] for dot, character in enumerate(key) if character == "."}
    known = [*groups, *(name for name in dict.fromkeys(keys) if name not in as_groups)]
    return [name for name in known if name.replace("/", ".") not in around and not name.split(".")[-1].startswith("_")]


def _paths(node: DictConfig, prefix: str = "") -> Iterator[tuple[str, bool]]:
    # all keys in full, without resolving anything, and whether their value is missing
    for name in map(str, node):
        path = f"{prefix}{name}"
        is_missing = OmegaConf.is_missing(node, name)
        yield path, is_missing
        if not is_missing and not OmegaConf.is_interpolation(node, name):
            inner = node[name]
            if isinstance(inner, DictConfig):
                yield from _paths(inner, f"{path}.")


def _find(config: Any, key: str) -> Any:
    # None if there is none, if it is missing, or if it cannot be resolved before the run
    try:
        return OmegaConf.select(config, key) if key else config
    except OmegaConfBaseException:
        return None


def _exists(config: DictConfig, key: str) -> bool:
    parent, _, name = key.rpartition(".")
    node = _find(config, parent)
    if isinstance(node, ListConfig):
        return name.isdigit() and int(name) < len(node)
    return isinstance(node, DictConfig) and name in map(str, node)


def _is_set(config: DictConfig, key: str) -> bool:
    parent, _, name = key.rpartition(".")
    if not _exists(config, key):
        return False
    node = _find(config, parent)
    return OmegaConf.is_interpolation(node, name) or _find(node, name) is not None


def _comment(config: DictConfig, path: str, configs: Composition) -> str:
    # what the file that asks for the value says about it
    name = re.escape(path.rpartition(".")[2])
    for group, option in config.hydra.runtime.choices.items():
        file = configs.file_of(f"{group}/{option}") if path.startswith(f"{group.replace('/', '.')}.") else None
        found = file and re.search(rf"^\s*{name}:\s*\?\?\?\s*#\s*(.+?)\s*$", file.read_text(encoding="utf-8"), re.M)
        if found:
            return found[1]
    return ""
