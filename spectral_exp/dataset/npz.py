"""A user's own rows with channels: images of any number of bands, or sequences of several sensors."""

from pathlib import Path
from typing import Literal, get_args

import numpy as np
from jaxtyping import Shaped

from spectral_exp.dataset.augmentation import Augmentation
from spectral_exp.dataset.channel_data import describe_channels, make_channel_data
from spectral_exp.dataset.data import Data
from spectral_exp.dataset.info import Task
from spectral_exp.dataset.splitting import Arrays, Scaling, check_fractions, check_scaling, split_arrays
from spectral_exp.dataset.table_file import has_repeats, read_arrays
from spectral_exp.dataset.target import FEW_VALUES
from spectral_exp.errors import UserError


class NPZ:
    """Arrays saved by NumPy: `x` of shape (rows, channels, height, width) or (rows, channels, length), and `y`.

    The file may hold `channel_names`. Bytes are taken for pixels, and brought to the range from 0 to 1.

    Args:
        path: the file.
        task: `classification`, `regression`, or `auto`, which takes text, true/false and whole
            numbers with at most 20 different values for classes, and all else for a quantity.
        val_fraction: share of all rows for validation.
        test_fraction: share of all rows for the test.
        scaling: how every channel is scaled, fitted on the training rows.
        augmentation: random changes of training rows; None for none.
        seed: fixes the split.

    Raises:
        ValueError: if a value is out of range.
    """

    def __init__(
        self,
        path: str,
        task: Literal["auto", "classification", "regression"] = "auto",
        val_fraction: float = 0.15,
        test_fraction: float = 0.2,
        scaling: Scaling = "standard",
        augmentation: Augmentation | None = None,
        seed: int = 0,
    ) -> None:
        check_fractions(val_fraction, test_fraction)
        check_scaling(scaling)
        if task not in ("auto", *get_args(Task)):
            raise ValueError(f"task must be auto, {' or '.join(get_args(Task))}, got {task!r}")
        self.path = path
        self.task = task
        self.val_fraction = val_fraction
        self.test_fraction = test_fraction
        self.scaling: Scaling = scaling
        self.augmentation = augmentation
        self.seed = seed

    def load(self) -> Data:
        """Read, check, split and scale the arrays.

        Returns:
            The data.

        Raises:
            UserError: if the file or an array cannot be used; the message names it.
        """
        file = Path(self.path).expanduser()
        if not file.is_file():
            raise UserError(f"{self.path} does not exist or is no file: check dataset.path (seen from {Path.cwd()})")
        inputs, targets, arrays = read_arrays(file)
        if inputs.ndim not in (3, 4) or targets.shape != inputs.shape[:1] or 0 in inputs.shape:
            hint = "; dataset=tabular takes rows of single inputs" if inputs.ndim == 2 else ""
            raise UserError(
                f"{file}: expected x of shape (rows, channels, height, width) or (rows, channels, length) and y of "
                f"shape (rows,), got {inputs.shape} and {targets.shape}{hint}"
            )
        if inputs.dtype.kind not in "buif":
            raise UserError(f"{file}: x must hold real numbers, got {inputs.dtype}")
        numbered = [f"channel_{channel}" for channel in range(inputs.shape[1])]
        names = [str(name) for name in arrays.get("channel_names", numbered)]
        if len(names) != inputs.shape[1] or has_repeats(names):
            raise UserError(
                f"{file}: channel_names must hold {inputs.shape[1]} different names, got {', '.join(names)}"
            )
        task = self.tell_task(targets)
        class_names: tuple[str, ...] = ()
        if task == "classification":
            values, targets = np.unique(targets, return_inverse=True)
            class_names = tuple(str(value) for value in values)
        elif not np.isfinite(targets.astype(np.float64)).all():
            raise UserError(f"{file}: y has missing or infinite values; remove these rows")
        info = describe_channels(file.stem, task, inputs.shape[1:], names, class_names)
        parts = split_arrays(info, Arrays(inputs, targets), self.val_fraction, self.test_fraction, self.seed)
        return make_channel_data(info, *parts, self.scaling, self.augmentation)

    def tell_task(self, targets: Shaped[np.ndarray, " n_rows"]) -> Task:
        """Decide between classes and a quantity.

        Args:
            targets: what is to be predicted.

        Returns:
            The task that was asked for, or the one that the values tell.

        Raises:
            UserError: if text is to be predicted as a quantity.
        """
        is_number = targets.dtype.kind in "iuf"
        if self.task == "regression" and not is_number:
            raise UserError(f"{self.path}: y holds {targets.dtype}, but dataset.task=regression needs numbers")
        if self.task == "classification" or not is_number:
            return "classification"
        is_whole = bool((targets == np.round(targets)).all())
        is_quantity = self.task == "regression" or not is_whole or len(np.unique(targets)) > FEW_VALUES
        return "regression" if is_quantity else "classification"
