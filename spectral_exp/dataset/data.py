"""Data held in memory, split into training, validation and test rows."""

from dataclasses import dataclass

from jaxtyping import Float, Shaped
from torch import Tensor

from spectral_exp.dataset.augmentation import Augmentation
from spectral_exp.dataset.info import DatasetInfo

VALUES_AT_ONCE = 1 << 21


@dataclass(frozen=True)
class Part:
    """Rows of one part of a data set.

    Attributes:
        inputs: shape (n_rows, n_features), or (n_rows, *shape) if rows have channels; float32, scaled as the model
            is to see them.
        targets: shape (n_rows,): int64 class codes, or float32 values, standardised by
            `DatasetInfo.target_mean` and `target_scale`.
    """

    inputs: Float[Tensor, "n_rows *shape"]
    targets: Shaped[Tensor, " n_rows"]

    def __len__(self) -> int:
        return len(self.targets)


@dataclass(frozen=True)
class Data:
    """A data set, ready for training.

    Attributes:
        info: what the inputs and the target are.
        train: rows to fit on.
        val: rows to choose by.
        test: rows to report on.
        augmentation: changes training rows at random, anew in every epoch; None for none.
    """

    info: DatasetInfo
    train: Part
    val: Part
    test: Part
    augmentation: Augmentation | None = None

    @property
    def input_scale(self) -> Float[Tensor, " n_features"] | None:
        """Standard deviation of every input over the training rows, its root mean square over an input's values.

        None if the model computes the inputs itself.
        """
        if self.info.unit == "activation":
            return None
        if self.info.unit == "value":
            return self.train.inputs.std(dim=0, correction=0).flatten()
        variance = self.train.inputs.var(dim=0, correction=0).reshape(self.info.channels_first).flatten(1)
        return variance.mean(dim=0 if self.info.unit == "position" else 1).sqrt()


def rows_at_once(inputs: Float[Tensor, "n_rows *shape"]) -> int:
    """Tell on how many rows a net is run at once where nothing is trained, so that its activations fit in memory.

    Args:
        inputs: the rows.

    Returns:
        A number that depends on the size of a row; results do not depend on it.
    """
    return max(1, min(8192, VALUES_AT_ONCE // max(1, inputs[:1].numel())))
