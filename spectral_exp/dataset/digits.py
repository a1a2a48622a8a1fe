"""The handwritten digits that come with scikit-learn: real data without a download."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from sklearn.datasets import load_digits

from spectral_exp.dataset.arrays import Arrays, split_and_scale
from spectral_exp.dataset.data import Data
from spectral_exp.dataset.feature_names import pixel_names
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.dataset.scaling import Scaling
from spectral_exp.dataset.split_set import SplitSet


@dataclass(frozen=True, kw_only=True)
class Digits(SplitSet):
    """1797 handwritten digits of 8 x 8 pixels, grey values 0 to 16 brought to 0 to 1; scaled no further by default."""

    name: ClassVar[str] = "digits"

    scaling: Scaling = "none"

    def load(self) -> Data:
        inputs, classes = load_digits(return_X_y=True)
        info = DatasetInfo(
            name=self.name,
            task="classification",
            feature_names=pixel_names(8, 8),
            shape=(8, 8),
            class_names=tuple(str(digit) for digit in range(10)),
        )
        arrays = Arrays((inputs / 16).astype(np.float32), classes)
        return split_and_scale(info, arrays, self.split, self.scaling)
