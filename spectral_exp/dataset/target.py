"""What is to be predicted: classes or a quantity."""

import logging
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import torch
from jaxtyping import Int, Shaped
from torch import Tensor

from spectral_exp.dataset.info import DatasetInfo, Task
from spectral_exp.dataset.table_columns import Column
from spectral_exp.errors import UserError

AskedTask = Literal["auto", "classification", "regression"]

FEW_VALUES = 20  # a target of whole numbers with at most this many different ones is taken for classes

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Target:
    """The target of all rows.

    Attributes:
        task: what is predicted.
        values: class codes, or numbers in their own units, shape (n_rows,).
        class_names: names of the classes in the order of their codes; empty for regression.
    """

    task: Task
    values: Shaped[np.ndarray, " n_rows"]
    class_names: tuple[str, ...] = ()

    @property
    def classes(self) -> Int[np.ndarray, " n_rows"] | None:
        """The class codes; None for regression."""
        return self.values if self.task == "classification" else None


def check_task(asked: str) -> None:
    """Refuse a task that does not exist.

    Args:
        asked: one of `AskedTask`.

    Raises:
        ValueError: if it is none of them.
    """
    if asked not in get_args(AskedTask):
        raise ValueError(f"task must be auto, {' or '.join(get_args(Task))}, got {asked!r}")


def tell_target(column: Column, asked: AskedTask, source: str) -> Target:
    """Decide between classes and a quantity, and number the classes.

    Args:
        column: what is to be predicted, without gaps.
        asked: the task, or `auto`: the values tell.
        source: the file, for messages.

    Returns:
        The target.

    Raises:
        UserError: if text is to be predicted as a quantity.
    """
    if _tell_task(column, asked, source) == "regression":
        return Target("regression", column.numbers)
    return Target("classification", *_to_classes(column))


def describe_target(info: DatasetInfo, targets: Shaped[np.ndarray, " n_rows"]) -> DatasetInfo:
    """Fill in how a regression target is standardised.

    Args:
        info: the description.
        targets: those of the training rows, in their own units.

    Returns:
        The description; that of a classification as it was.

    Raises:
        UserError: if a regression target does not vary.
    """
    if info.task == "classification":
        return info
    values = targets.astype(np.float64)
    if (values == values[0]).all():
        raise UserError(f"{info.name}: the target is {values[0]:g} in every training row: choose another target")
    return replace(info, target_mean=float(values.mean()), target_scale=float(values.std()))


def target_tensor(info: DatasetInfo, targets: Shaped[np.ndarray, " n_rows"]) -> Shaped[Tensor, " n_rows"]:
    """Turn targets into what a model is trained on.

    Args:
        info: holds the standardisation of a regression target.
        targets: class codes, or values in their own units.

    Returns:
        int64 class codes, or standardised float32 values.
    """
    if info.task == "classification":
        return torch.from_numpy(targets.astype(np.int64))
    return torch.from_numpy(((targets.astype(np.float64) - info.target_mean) / info.target_scale).astype(np.float32))


def _tell_task(column: Column, asked: AskedTask, source: str) -> Task:
    if asked == "regression" and column.categories is not None:
        raise UserError(f"{source}: target {column.name!r} holds text, but dataset.task=regression needs numbers")
    if asked != "auto":
        return asked
    n_values = len(np.unique(column.numbers))
    is_whole = bool((column.numbers == np.round(column.numbers)).all())
    if column.categories is not None or column.is_boolean or (is_whole and n_values <= FEW_VALUES):
        log.info("target %r taken for classes (%d); dataset.task=regression if it is not", column.name, n_values)
        return "classification"
    log.info("target %r taken for a quantity; dataset.task=classification if it is not", column.name)
    return "regression"


def _to_classes(column: Column) -> tuple[Int[np.ndarray, " n_rows"], tuple[str, ...]]:
    if column.categories is not None:
        return column.numbers.astype(np.int64), column.categories
    values, codes = np.unique(column.numbers, return_inverse=True)
    if column.is_boolean:
        return codes, tuple("true" if value else "false" for value in values)
    return codes, tuple(str(int(value)) if value == round(value) else str(value) for value in values.tolist())
