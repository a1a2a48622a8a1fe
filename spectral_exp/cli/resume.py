"""`resume=FOLDER`, of a run, a sweep or a comparison: its command line again, with what is new behind it."""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError  # type: ignore[import-untyped]

from spectral_exp.cli.composition import Command, read_command
from spectral_exp.errors import UserError
from spectral_exp.tracking.comparison_folder import COMPARISON
from spectral_exp.tracking.run_folder import CONFIG, STATUS, SWEEP_RECORD, is_run_folder, read_json, read_part
from spectral_exp.tracking.sweep_record import read_sweep_record

KEY = "resume="
OF_HYDRA = (".hydra/hydra.yaml", "multirun.yaml")  # where Hydra notes how a run, or a sweep, was started
# What a sweep may say about itself; everything else of Hydra's could make it run somebody's code.
OF_SWEEP = ("hydra.launcher.", "hydra.sweeper.", "hydra/launcher=", "hydra/sweeper=")


def resume_arguments(argv: Sequence[str]) -> list[str]:
    """Turn `resume=FOLDER` into the arguments that go on in that folder, and go where it was started.

    The working folder becomes that of the first start, if it still exists: paths such as `dataset.path` hold there.

    Args:
        argv: the arguments behind the program's name.

    Returns:
        The same arguments if none is `resume=`; else those of the run or the sweep, then the others given now.

    Raises:
        UserError: if the folder is none of a run, or with -m of a sweep, or was tampered with, or a --config-dir that
            it was started with is missing.
    """
    command = read_command(argv)
    given = _given(command)
    if command is None or given is None:
        return list(argv)
    folder = Path(given).expanduser().absolute()
    options = [_absolute(argument, command) for argument in argv if argument not in command.overrides]
    now = [text for text in command.overrides if not text.startswith(KEY)]
    _go_back(folder, given, command)
    if command.is_multirun:
        return [*options, *_of_sweep(folder, given, command), *now, f"hydra.sweep.dir='{folder}'"]
    return [*options, *_of_run(folder, given), *now, f"resume='{folder}'", f"hydra.run.dir='{folder}'"]


def _given(command: Command | None) -> str | None:
    # the folder of `resume=`, as it was typed
    asked = [text[len(KEY) :].strip("'\"") for text in command.overrides if text.startswith(KEY)] if command else []
    return asked[-1] if asked and asked[-1] not in ("", "null") else None


def _go_back(folder: Path, given: str, command: Command) -> None:
    # Configs from elsewhere can make Hydra run anything: they are asked for, and not taken from somebody's folder.
    runtime = next((found for name in OF_HYDRA if (found := _read_runtime(folder / name))), None)
    if runtime is None:
        return
    start = Path(str(runtime.get("cwd")))
    for source in runtime.get("config_sources") or []:
        if source.get("provider") == "command-line" and not command.user_dirs:
            configs = os.path.relpath(str(source.get("path")), Path.cwd())
            raise UserError(f"resume={given}: it was started with configs of its own; add --config-dir {configs}")
    if start.is_dir():
        os.chdir(start)


def _absolute(option: str, command: Command) -> str:
    for folder in command.user_dirs:
        if option in (folder, f"--config-dir={folder}", f"-cd={folder}"):
            return option.removesuffix(folder) + str(Path(folder).absolute())
    return option


def _read_runtime(path: Path) -> DictConfig | None:
    try:
        return OmegaConf.select(OmegaConf.load(path), "hydra.runtime")
    except (OSError, YAMLError, OmegaConfBaseException):
        return None


def resume_comparison_arguments(argv: Sequence[str]) -> list[str]:
    """Turn `resume=FOLDER` into the arguments that go on with a comparison, where it was started.

    Args:
        argv: the arguments behind the program's name.

    Returns:
        The same arguments if none is `resume=`; else those of the comparison, then the others given now.

    Raises:
        UserError: if the folder is none of a comparison, or was tampered with, or a --config-dir that it was started
            with is missing.
    """
    command = read_command(argv)
    given = _given(command)
    if command is None or given is None:
        return list(argv)
    folder = Path(given).expanduser().absolute()
    if not (folder / COMPARISON).is_file():
        raise UserError(f"resume={given}: not the folder of a comparison (no {COMPARISON} in it)")
    earlier = _overrides_in(folder / COMPARISON)
    options = [_absolute(argument, command) for argument in argv if argument not in command.overrides]
    _go_back(folder, given, command)
    now = [text for text in command.overrides if not text.startswith(KEY)]
    chosen = [text for text in now if text.startswith("attribution=")]
    if chosen:  # settings of methods that are not chosen any more would be of keys that are not there
        methods = set(re.findall(r"\w+", chosen[-1]))
        earlier = [
            text for text in earlier if not (text.startswith("attribution.") and text.split(".")[1] not in methods)
        ]
    keys = {text.partition("=")[0] for text in now}
    earlier = [text for text in earlier if text.partition("=")[0] not in keys]
    return [*options, *earlier, *now, f"hydra.run.dir='{folder}'"]


def _of_run(folder: Path, given: str) -> list[str]:
    if (folder / SWEEP_RECORD).is_file():
        raise UserError(f"resume={given}: the folder of a sweep; add -m to go on with it, or name one of its jobs")
    if not is_run_folder(folder):
        raise UserError(f"resume={given}: not a run folder (no {CONFIG} and {STATUS} in it)")
    return [text for text in _overrides_in(folder / STATUS) if not text.startswith(KEY)]


def _of_sweep(folder: Path, given: str, command: Command) -> list[str]:
    record = read_sweep_record(folder)
    if record is None:
        raise UserError(f"resume={given}: not the folder of a sweep (no {SWEEP_RECORD} in it); without -m for a run")
    for text in command.overrides:
        if not text.lstrip("+").startswith((KEY, *OF_SWEEP)):
            raise UserError(f"{text}: a sweep goes on as it was; only hydra.launcher and hydra.sweeper can be changed")
    asked = [text for text in record.overrides if not _is_hydra(text)]
    _refuse_planted(asked, folder / SWEEP_RECORD)
    about_sweep = [text for text in record.overrides if text.startswith(OF_SWEEP) and "_target_" not in text]
    return [*asked, *about_sweep]


def _overrides_in(file: Path) -> list[str]:
    earlier = read_part(file, lambda path: list(read_json(path)["overrides"]))
    _refuse_planted(earlier, file)
    return earlier


def _refuse_planted(overrides: Iterable[str], file: Path) -> None:
    for text in overrides:
        if text.startswith("-") or _is_hydra(text):  # no run writes these: Hydra would obey them
            raise UserError(f"{file}: {text!r} is no setting of a run; was the file changed?")


def _is_hydra(text: str) -> bool:
    return text.lstrip("+~").startswith("hydra")
