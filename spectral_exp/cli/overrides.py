"""Refuse command lines that cannot work, before Hydra does, in one line that names what was meant."""

import itertools
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hydra.core.override_parser.types import Glob, IntervalSweep, Override, ValueType
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf

from spectral_exp.cli.composition import Command, Composition, open_configs, read_command
from spectral_exp.cli.nearest import did_you_mean, nearest
from spectral_exp.cli.override_keys import apply_override, refuse_missing
from spectral_exp.cli.override_syntax import table_command
from spectral_exp.errors import UserError
from spectral_exp.sweep.combinations import combinations

# Options that come with a package, and the extra that installs it.
EXTRAS = {"hydra/launcher=submitit_slurm": "slurm"}


def check_overrides(argv: Sequence[str], config_dir: str, config_name: str, can_sweep: bool = True) -> None:
    """Check that every override on the command line is about something that exists.

    Groups, options and keys are compared with what would be composed, every value of a sweep included. A key
    that is in no config is accepted with `+` only where the node's `_target_` takes it as an argument.
    With HYDRA_FULL_ERROR=1 nothing is checked: then Hydra speaks, with its stack traces.

    Args:
        argv: the arguments behind the program's name.
        config_dir: absolute path of the config tree.
        config_name: the primary config.
        can_sweep: whether the program takes -m.

    Raises:
        UserError: one line that names the override, what is wrong and what was probably meant.
    """
    if os.environ.get("HYDRA_FULL_ERROR") == "1":
        return
    command = read_command(argv)
    if command is None or (command.config_path and not Path(command.config_path).is_absolute()):
        return
    tree, primary = command.config_path or config_dir, command.config_name or config_name
    with open_configs(tree, primary, command.user_dirs, command.overrides) as configs:
        _check(command, configs, can_sweep)


def _check(command: Command, configs: Composition, can_sweep: bool) -> None:
    overrides = [configs.parse(text) for text in command.overrides]
    choices, keys = _split(overrides, configs)
    first = tuple(_values(choice, configs)[0] for choice in choices)
    config = _compose(choices, first, configs)
    if not command.is_multirun and not str(config.hydra.mode).endswith("MULTIRUN"):
        _refuse_sweeps(overrides, can_sweep)
        _check_job(config, keys, command, configs)
        return
    overrides = [*_sweeper_params(config, overrides, configs), *overrides]
    choices, keys = _split(overrides, configs)
    for override in overrides:
        if override.is_sweep_override() and override.is_hydra_override():
            raise UserError(f"{override.input_line}: Hydra's own settings cannot be swept; give one value")
    choices = list(
        {choice.get_key_element(): choice for choice in choices}.values()
    )  # as in a sweep, the last one wins
    values = {str(choice.get_key_element()): _values(choice, configs) for choice in choices}
    for combination in combinations(values, _combined(config, keys)):
        try:
            job = config if combination == first else _compose(choices, combination, configs)
            _check_job(job, keys, command, configs)
        except UserError as error:
            swept = [text for choice, text in zip(choices, combination, strict=True) if choice.is_sweep_override()]
            if any(text in str(error) for text in swept) or not swept:
                raise
            raise UserError(f"{error} (in the sweep, with {' '.join(swept)})") from error


def _check_job(config: DictConfig, keys: Iterable[Override], command: Command, configs: Composition) -> None:
    for override in keys:
        for text in _values(override, configs):
            apply_override(config, configs.parse(text), str(override.input_line), configs)
    if command.starts_run:
        refuse_missing(config, configs)


def _split(overrides: Sequence[Override], configs: Composition) -> tuple[list[Override], list[Override]]:
    choices: list[Override] = []  # choose an option of a group
    keys: list[Override] = []  # set, add or delete a key
    for override in overrides:
        name = override.key_or_group
        is_choice = name and not isinstance(override.value(), dict) and configs.is_group(name)
        (choices if is_choice else keys).append(override)
    return choices, keys


def _sweeper_params(config: DictConfig, overrides: Sequence[Override], configs: Composition) -> list[Override]:
    # a recipe may hold sweeps too; the command line replaces them
    params = OmegaConf.select(config, "hydra.sweeper.params") or {}
    typed = {override.get_key_element() for override in overrides}
    return [configs.parse(f"{key}={value}") for key, value in params.items() if key not in typed]


def _combined(config: DictConfig, keys: Iterable[Override]) -> list[str] | None:
    # of our sweeper: which keys are not paired
    typed = [override.value() for override in keys if override.key_or_group == "hydra.sweeper.combined"]
    found: Any = typed[-1] if typed else OmegaConf.select(config, "hydra.sweeper.combined")
    return None if found is None else list(found)


def _values(override: Override, configs: Composition) -> list[str]:
    # an override once per value that it sweeps over; of a range or an interval, the first is enough
    if not override.is_sweep_override():
        return [str(override.input_line)]
    value = override.value()
    try:
        if isinstance(value, Glob):
            names = value.filter(configs.options(override.key_or_group))
        elif isinstance(value, IntervalSweep):
            names = [str(value.start)]
        elif override.is_range_sweep():
            names = list(itertools.islice(override.sweep_string_iterator(), 1))
        else:
            names = list(override.sweep_string_iterator())
    except (HydraException, ValueError) as error:
        raise UserError(f"{override.input_line}: {' '.join(str(error).split())}") from error
    if not names:
        raise UserError(f"{override.input_line}: no value to sweep over; check the pattern or the range")
    return [f"{override.get_key_element()}={name}" for name in names]


def _refuse_sweeps(overrides: Iterable[Override], can_sweep: bool) -> None:
    for override in overrides:
        if not override.is_sweep_override():
            continue
        ways = ["add -m to sweep over the values"] if can_sweep else []
        if override.value_type is ValueType.SIMPLE_CHOICE_SWEEP:
            ways.append(f"write {override.get_key_element()}=[{override.get_value_string()}] for a list")
        raise UserError(f"{override.input_line}: {', or '.join(ways) or 'one value is wanted'}")


def _compose(choices: Sequence[Override], texts: Sequence[str], configs: Composition) -> DictConfig:
    try:
        return configs.compose(texts)
    except UserError:  # which choice is at fault?
        for choice, text in zip(choices, texts, strict=True):
            _check_option(choice, text, configs)
        for choice, text in zip(choices, texts, strict=True):
            _check_place(choice, text, [other for other in texts if other is not text], configs)
        raise


def _check_option(choice: Override, text: str, configs: Composition) -> None:
    group = choice.key_or_group
    if choice.is_delete():
        return
    value = configs.parse(text).value()
    for option in value if isinstance(value, list) else [value]:
        if option is None:
            raise UserError(f"{text}: to leave {group} out, write ~{group}")
        parent, _, name = f"{group}/{option}".rpartition("/")
        if name.removesuffix(".yaml") in configs.options(parent):
            continue
        options = _options_below(group, configs)
        if extra := EXTRAS.get(f"{group}={option}"):
            raise UserError(f"{text} needs pip install 'spectral_exp[{extra}]'")
        if group == "dataset" and (command := table_command(str(option))):
            raise UserError(f"{text}: the table is named by dataset.path; write {command}")
        near = [f"{group}={name}" for name in nearest(str(option), options)]
        raise UserError(f"{text}: {group} has no option {option} (options: {', '.join(options)}){did_you_mean(near)}")


def _options_below(group: str, configs: Composition) -> list[str]:
    # with those in folders, such as `paper/mnist_01`, but not what is a part of an option, such as an augmentation
    try:
        chosen = set(configs.compose([]).hydra.runtime.choices)
    except UserError:
        chosen = set()
    options = configs.options(group)
    for folder in configs.groups(group):
        if folder not in chosen:
            below = [name for name in configs.options(folder) if configs.has_package(f"{folder}/{name}")]
            options += [f"{folder.removeprefix(f'{group}/')}/{name}" for name in below]
    return options


def _check_place(choice: Override, text: str, others: Sequence[str], configs: Composition) -> None:
    # is the group there to be chosen, given all other choices?
    try:
        chosen = configs.compose(others).hydra.runtime.choices
    except UserError:
        return  # another choice is at fault
    group = choice.get_key_element().lstrip("+~")
    parent = group.rpartition("/")[0]
    if choice.is_force_add() or (choice.is_add() and group in chosen):
        raise UserError(f"{text}: write {text.lstrip('+')}, without +")
    if choice.is_delete() and group in chosen:
        raise UserError(f"{text}: {group}={chosen[group]} is chosen; write ~{group}")
    if choice.is_add() or group in chosen:
        return
    if chosen.get(parent):
        raise UserError(f"{text}: {parent}={chosen[parent]} has no {group}; choose another {parent} or leave this out")
    hint = "" if choice.is_delete() else f"; to add it, write +{text}"
    raise UserError(f"{text}: no {group} is chosen in this configuration{hint}")
