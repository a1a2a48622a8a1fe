"""A user's own rows with channels: images of any number of bands, or sequences of several sensors."""

import logging
from dataclasses import dataclass

from spectral_exp.dataset.arrays import Arrays, split_arrays
from spectral_exp.dataset.augmentation import Augmentation
from spectral_exp.dataset.channel_data import describe_channels, make_channel_data
from spectral_exp.dataset.data import Data
from spectral_exp.dataset.row_files import target_column
from spectral_exp.dataset.split_set import SplitSet
from spectral_exp.dataset.stored import existing_file
from spectral_exp.dataset.table_file import has_repeats, read_arrays
from spectral_exp.dataset.target import AskedTask, check_task, tell_target
from spectral_exp.errors import UserError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class NPZ(SplitSet):
    """Arrays saved by NumPy: `x` of shape (rows, channels, height, width) or (rows, channels, length), and `y`.

    The file may hold `channel_names`. Bytes are taken for pixels, and brought to the range from 0 to 1.
    Channels are scaled one by one.

    Attributes:
        path: the file.
        task: `classification`, `regression`, or `auto`, as for `Tabular`.
        augmentation: random changes of training rows; None for none.

    Raises:
        ValueError: if a value is out of range.
    """

    path: str
    task: AskedTask = "auto"
    augmentation: Augmentation | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_task(self.task)

    def load(self) -> Data:
        """Read, check, split and scale the arrays.

        Returns:
            The data.

        Raises:
            UserError: if the file or an array cannot be used; the message names it.
        """
        file = existing_file(self.path, (".npz",))
        inputs, targets, arrays = read_arrays(file)
        if inputs.ndim not in (3, 4) or targets.shape != inputs.shape[:1] or 0 in inputs.shape:
            hint = "; dataset=tabular takes rows of single inputs" if inputs.ndim == 2 else ""
            raise UserError(
                f"{file}: expected x of shape (rows, channels, height, width) or (rows, channels, length) and y of "
                f"shape (rows,), got {inputs.shape} and {targets.shape}{hint}"
            )
        if inputs.dtype.kind not in "buif":
            raise UserError(f"{file}: x must hold real numbers, got {inputs.dtype}")
        if inputs.ndim == 3 and "channel_names" not in arrays:
            _, n_channels, length = inputs.shape
            log.warning(
                f"{file}: x of shape {inputs.shape} is taken for {n_channels} channels of {length} positions; if its "
                f"rows are images of one channel, save x[:, None], of shape {inputs[:, None].shape}"
            )
        numbered = [f"channel_{channel}" for channel in range(inputs.shape[1])]
        names = [str(name) for name in arrays.get("channel_names", numbered)]
        if len(names) != inputs.shape[1] or has_repeats(names):
            raise UserError(
                f"{file}: channel_names must hold {inputs.shape[1]} different names, got {', '.join(names)}"
            )
        target = tell_target(target_column(targets, len(inputs), self.path), self.task, self.path)
        info = describe_channels(file.stem, target.task, inputs.shape[1:], names, target.class_names)
        parts = split_arrays(info, Arrays(inputs, target.values), self.split)
        return make_channel_data(info, *parts, self.scaling, self.augmentation)
