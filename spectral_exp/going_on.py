"""What may differ when a run goes on: all that its training so far does not depend on."""

from collections.abc import Iterator
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf

from spectral_exp.errors import UserError

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


def refuse_other_training(before: DictConfig | ListConfig, now: DictConfig) -> None:
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


def _values(node: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    if not isinstance(node, dict):
        yield place, node
        return
    for key, value in node.items():
        yield from _values(value, f"{place}.{key}" if place else str(key))
