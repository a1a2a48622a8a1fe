"""From whole arrays to training, validation and test parts, scaled by what the training rows show."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Shaped

from spectral_exp.dataset.axis import mean_inputs
from spectral_exp.dataset.data import Data, Part
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.dataset.scaling import SCALERS, Scaling, with_scaling
from spectral_exp.dataset.splitting import Split
from spectral_exp.dataset.target import describe_target, target_tensor
from spectral_exp.errors import UserError


@dataclass(frozen=True)
class Arrays:
    """Rows before scaling.

    Attributes:
        inputs: finite numbers, shape (n_rows, n_features), or (n_rows, *shape) of rows with channels.
        targets: class codes, or real values in their own units, shape (n_rows,).
    """

    inputs: Shaped[np.ndarray, "n_rows *shape"]
    targets: Shaped[np.ndarray, " n_rows"]

    def __getitem__(self, rows: Shaped[np.ndarray, " n_chosen"]) -> "Arrays":
        """Take some of the rows, by their numbers or by a mask."""
        return Arrays(self.inputs[rows], self.targets[rows])


def make_data(info: DatasetInfo, train: Arrays, val: Arrays, test: Arrays, scaling: Scaling) -> Data:
    """Scale all parts by the training rows and turn them into tensors.

    Args:
        info: what the columns are; the scaling, of inputs and of a regression target, is filled in, and the means
            along an axis.
        train: rows the scaling is fitted on.
        val: rows for validation.
        test: rows for the test.
        scaling: `standard` (mean 0, standard deviation 1), `minmax` (0 to 1),
            `max_abs` (-1 to 1, zeros stay zeros) or `none`.

    Returns:
        The data, float32 inputs.

    Raises:
        UserError: if a regression target does not vary, or inputs are too large for single precision.
    """
    info = with_means(describe_target(info, train.targets), train)
    scaler = SCALERS[scaling]().fit(train.inputs) if scaling in SCALERS else None
    if scaler is not None:
        info = with_scaling(info, scaler)

    def part(arrays: Arrays) -> Part:
        inputs = arrays.inputs if scaler is None else scaler.transform(arrays.inputs)
        with np.errstate(over="ignore"):
            inputs = np.ascontiguousarray(inputs, dtype=np.float32)
        is_finite = np.isfinite(inputs).all(axis=0)
        if not is_finite.all():
            column = info.feature_names[int(is_finite.argmin())]
            raise UserError(f"{info.name}: input {column!r} is too large for single precision: rescale or drop it")
        return Part(torch.from_numpy(inputs), target_tensor(info, arrays.targets))

    return Data(info, part(train), part(val), part(test))


def with_means(info: DatasetInfo, train: Arrays) -> DatasetInfo:
    """Fill in the mean input of each class along the axis.

    Args:
        info: the description.
        train: the training rows.

    Returns:
        The description; as it was if the inputs lie on no axis.
    """
    if info.axis is None:
        return info
    means = mean_inputs(train.inputs.reshape(len(train.inputs), -1), train.targets, info.class_names)
    return replace(info, axis=replace(info.axis, means=means))


def split_arrays(info: DatasetInfo, arrays: Arrays, split: Split) -> tuple[Arrays, Arrays, Arrays]:
    """Deal rows to the three parts, each class in proportion.

    Args:
        info: what the target is.
        arrays: all rows.
        split: how they are dealt.

    Returns:
        The rows for training, validation and test.
    """
    classes = arrays.targets if info.task == "classification" else None
    rows = split.rows(info.name, len(arrays.targets), classes, info.class_names)
    train, val, test = (arrays[part] for part in (rows.train, rows.val, rows.test))
    return train, val, test


def split_and_scale(info: DatasetInfo, arrays: Arrays, split: Split, scaling: Scaling) -> Data:
    """Deal rows to the three parts and scale them: all that a set without a test part of its own needs.

    Args:
        info: what the columns are.
        arrays: all rows.
        split: how they are dealt.
        scaling: how inputs are scaled, fitted on the training rows.

    Returns:
        The data.
    """
    return make_data(info, *split_arrays(info, arrays, split), scaling)
