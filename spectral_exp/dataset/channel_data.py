"""Rows with channels, such as colour images: their description and their scaling, channel by channel."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from spectral_exp.dataset.arrays import Arrays, with_means
from spectral_exp.dataset.augmentation import Augmentation
from spectral_exp.dataset.data import Data, Part
from spectral_exp.dataset.feature_names import pixel_names, position_names, value_names
from spectral_exp.dataset.info import DatasetInfo, Task
from spectral_exp.dataset.scaling import Scaling
from spectral_exp.dataset.target import describe_target, target_tensor
from spectral_exp.errors import UserError


def describe_channels(
    name: str, task: Task, shape: Sequence[int], channel_names: Sequence[str], class_names: Sequence[str] = ()
) -> DatasetInfo:
    """Describe rows with channels.

    Args:
        name: the data set's name.
        task: what is predicted.
        shape: of one row: (channels, height, width) or (channels, length).
        channel_names: one per channel.
        class_names: names of the classes in the order of their codes.

    Returns:
        The description, by single values.
    """
    positions = pixel_names(*shape[1:]) if len(shape) == 3 else position_names(*shape[1:])
    return DatasetInfo(
        name=name,
        task=task,
        feature_names=value_names(channel_names, positions),
        shape=tuple(shape),
        class_names=tuple(class_names),
        channel_names=tuple(channel_names),
    )


def make_channel_data(
    info: DatasetInfo,
    train: Arrays,
    val: Arrays,
    test: Arrays,
    scaling: Scaling,
    augmentation: Augmentation | None = None,
) -> Data:
    """Scale every channel of all parts by the training rows.

    Args:
        info: what the rows are; the scaling and the mean row are filled in.
        train: rows the scaling is fitted on; bytes are pixels, which are brought to the range from 0 to 1 first.
        val: rows for validation.
        test: rows for the test.
        scaling: `standard` (mean 0, standard deviation 1 over rows and positions), `minmax` (0 to 1) or `none`.
        augmentation: random changes of training rows; None for none.

    Returns:
        The data, float32 inputs.

    Raises:
        UserError: if a regression target does not vary, a value is not finite in single precision, or the
            augmentation changes the shape of a row.
    """
    info = with_means(describe_target(info, train.targets), train)
    parts = [Part(_as_tensor(info, arrays), target_tensor(info, arrays.targets)) for arrays in (train, val, test)]
    rows = parts[0].inputs
    info = replace(info, mean_row=rows.mean(dim=0).numpy())
    if scaling != "none":
        shift, divisor = _scale_of_channels(rows, scaling)
        for part in parts:
            part.inputs.sub_(shift).div_(divisor)
        shifts, divisors = (values.expand(info.shape).flatten().double().numpy() for values in (shift, divisor))
        info = replace(info, input_shift=shifts, input_divisor=divisors)
    if augmentation is not None:
        try:
            augmentation(rows[:1].clone(), seed=(0,))
        except (ValueError, RuntimeError, TypeError) as error:
            raise UserError(f"dataset.augmentation does not work on {info.name}: {error}") from error
    return Data(info, parts[0], parts[1], parts[2], augmentation)


def _as_tensor(info: DatasetInfo, arrays: Arrays) -> Float[Tensor, "n_rows *shape"]:
    inputs = arrays.inputs
    with np.errstate(over="ignore"):
        rows = torch.from_numpy(inputs.astype(np.float32))
    if inputs.dtype == np.uint8:
        return rows.div_(255)
    if not bool(torch.isfinite(rows.sum())) and not bool(torch.isfinite(rows).all()):
        row = int((~torch.isfinite(rows).flatten(1).all(dim=1)).nonzero()[0])
        raise UserError(f"{info.name}: a value of row {row} is missing or too large for single precision: mend it")
    return rows


def _scale_of_channels(rows: Float[Tensor, "n_rows *shape"], scaling: Scaling) -> tuple[Any, Any]:
    """What is subtracted from every channel and what it is divided by; a constant one is left at 0."""
    axes = [axis for axis in range(rows.ndim) if axis != 1]
    if scaling == "standard":
        variance, shift = torch.var_mean(rows, dim=axes, correction=0, keepdim=True)
        divisor = variance.sqrt()
    else:
        shift = rows.amin(dim=axes, keepdim=True)
        divisor = rows.amax(dim=axes, keepdim=True) - shift
    return shift[0], torch.where(divisor > 0, divisor, 1.0)[0]
