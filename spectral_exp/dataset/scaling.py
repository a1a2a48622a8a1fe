"""How inputs are scaled, by what the training rows show."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, TypeAlias, get_args

import numpy as np
from jaxtyping import Bool, Shaped
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, StandardScaler

from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.dataset.table_columns import name_columns

Scaling = Literal["standard", "minmax", "max_abs", "none"]

# A column that is constant over the training rows has scale 1: `standard` and `minmax` leave it at 0 there.
Scaler: TypeAlias = StandardScaler | MinMaxScaler | MaxAbsScaler
SCALERS = {"standard": StandardScaler, "minmax": MinMaxScaler, "max_abs": MaxAbsScaler}

log = logging.getLogger(__name__)


def check_scaling(scaling: str) -> None:
    """Refuse a scaling that does not exist.

    Args:
        scaling: one of `Scaling`.

    Raises:
        ValueError: if it is none of them.
    """
    if scaling not in get_args(Scaling):
        raise ValueError(f"scaling must be one of {', '.join(get_args(Scaling))}, got {scaling!r}")


def with_scaling(info: DatasetInfo, scaler: Scaler) -> DatasetInfo:
    """Note how inputs are scaled.

    Args:
        info: what the inputs are.
        scaler: fitted to the training rows.

    Returns:
        The same with shift and divisor.
    """
    if isinstance(scaler, StandardScaler):
        return replace(info, input_shift=scaler.mean_, input_divisor=scaler.scale_)
    if isinstance(scaler, MinMaxScaler):
        return replace(info, input_shift=scaler.data_min_, input_divisor=1 / scaler.scale_)
    return replace(info, input_shift=np.zeros(info.n_features), input_divisor=scaler.scale_)


def constant_columns(inputs: Shaped[np.ndarray, "n_rows n_features"]) -> Bool[np.ndarray, " n_features"]:
    """Find the columns that hold one value only.

    Args:
        inputs: rows of numbers.

    Returns:
        True for each constant column.
    """
    return np.asarray((inputs == inputs[0]).all(axis=0))


def warn_of_constants(names: Sequence[str], is_constant: Bool[np.ndarray, " n_features"], source: str) -> None:
    """Name the inputs that do not vary, which nothing can be learned from.

    Args:
        names: of all inputs.
        is_constant: which of them do not vary over the training rows.
        source: the file.
    """
    if is_constant.any():
        constant = [names[column] for column in np.flatnonzero(is_constant).tolist()]
        log.warning("%s: constant over the training rows: %s", source, name_columns(constant))
