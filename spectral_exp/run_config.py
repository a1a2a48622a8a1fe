"""The configuration in a folder: written, read back, and compared with that of a start that goes on in it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from yaml import YAMLError  # type: ignore[import-untyped]

from spectral_exp.tracking.run_folder import CONFIG, read_part, write_whole


class Absent:
    """In place of the value of a key that a configuration does not have; `null` on the command line."""

    def __str__(self) -> str:
        return "null"


ABSENT = Absent()


def write_config(folder: Path, config: DictConfig | dict[str, Any]) -> None:
    """Write the configuration into a folder; from when on a run can be resumed.

    Args:
        folder: the run folder, or that of a comparison.
        config: what `conf/train.yaml` or `conf/compare.yaml` composes to.
    """
    write_whole(folder / CONFIG, lambda beside: OmegaConf.save(config, beside, resolve=True))


def read_config(folder: Path) -> DictConfig:
    """Read the configuration of a run.

    Args:
        folder: the run folder.

    Returns:
        The configuration.

    Raises:
        UserError: if the file is missing or broken.
    """
    return read_part(folder / CONFIG, _read_config)


def differences(before: Any, now: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Find where two configurations differ: at single values, or where only one of them has a node.

    Args:
        before: plain values, such as `OmegaConf.to_container` gives.
        now: others.
        place: where both stand, if not at the top.

    Yields:
        The place, keys joined by dots, the value before and the value now; `ABSENT` where there is none.

    Example:
        >>> list(differences({"seed": 1, "optimizer": {"lr": 0.1}}, {"seed": 1, "optimizer": {"lr": 0.2}}))
        [('optimizer.lr', 0.1, 0.2)]
    """
    if isinstance(before, dict) and isinstance(now, dict):
        for key in dict.fromkeys([*before, *now]):
            inner = f"{place}.{key}" if place else str(key)
            yield from differences(before.get(key, ABSENT), now.get(key, ABSENT), inner)
    elif before != now:
        yield place, before, now


def _read_config(path: Path) -> DictConfig:
    try:
        config = OmegaConf.load(path)
    except YAMLError as error:
        raise ValueError(str(error)) from error
    if not isinstance(config, DictConfig) or "model" not in config:
        raise ValueError("it holds no configuration of a run")
    return config
