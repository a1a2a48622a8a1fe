"""Data held in memory, split into training, validation and test rows."""

from dataclasses import dataclass

from jaxtyping import Float, Shaped
from torch import Tensor

from spectral_exp.dataset.info import DatasetInfo


@dataclass(frozen=True)
class Part:
    """Rows of one part of a data set.

    Attributes:
        inputs: shape (n_rows, n_features), float32, scaled as the model is to see them.
        targets: shape (n_rows,): int64 class codes, or float32 values, standardised by
            `DatasetInfo.target_mean` and `target_scale`.
    """

    inputs: Float[Tensor, "n_rows n_features"]
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
    """

    info: DatasetInfo
    train: Part
    val: Part
    test: Part

    @property
    def input_scale(self) -> Float[Tensor, " n_features"]:
        """Standard deviation of every input over the training rows."""
        return self.train.inputs.std(dim=0, correction=0)
