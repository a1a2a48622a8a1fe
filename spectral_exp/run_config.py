"""The configuration in a run folder: read back, and compared with that of a run that goes on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from yaml import YAMLError  # type: ignore[import-untyped]

from spectral_exp.errors import UserError
from spectral_exp.tracking.run_folder import CONFIG, read_part

TRAINED_BY = (
    "dataset",
    "model",
    "regularization",
    "optimizer",
    "lr_schedule",
    "seed",
    "batch_size",
    "loss",
    "eigenvalue_lr_factor",
    "groups",
    "keep",
)
PLACES = ("path", "data_dir", "max_memory_gb")  # within these: where the same data lies


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


def refuse_other_training(before: DictConfig, now: DictConfig) -> None:
    """Refuse to go on with a training by other settings: no configuration would tell what has been trained.

    A key that only one of the two has is of another release, and does not count.

    Args:
        before: what the run was trained with so far.
        now: what it is to go on with.

    Raises:
        UserError: if they differ in what the training depends on.

    Example:
        >>> before = OmegaConf.create({"optimizer": {"lr": 0.1}, "trainer": {"max_epochs": 3}})
        >>> refuse_other_training(before, OmegaConf.create({"optimizer": {"lr": 0.1}, "trainer": {"max_epochs": 9}}))
    """
    values_before, values_now = (dict(_values(OmegaConf.to_container(one, resolve=True))) for one in (before, now))
    for place, value in values_now.items():
        *_, name = parts = place.split(".")
        if parts[0] not in TRAINED_BY or name in PLACES or values_before.get(place, value) == value:
            continue
        raise UserError(
            f"{place}={value}: this run was trained with {values_before[place]}; go on without it, or start a new run "
            "without resume="
        )


def _read_config(path: Path) -> DictConfig:
    try:
        config = OmegaConf.load(path)
    except YAMLError as error:
        raise ValueError(str(error)) from error
    if not isinstance(config, DictConfig) or "model" not in config:
        raise ValueError("it holds no configuration of a run")
    return config


def _values(node: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    if not isinstance(node, dict):
        yield place, node
        return
    for key, value in node.items():
        yield from _values(value, f"{place}.{key}" if place else str(key))
