"""The handwritten digits that come with scikit-learn: real data without a download."""

from typing import ClassVar

import numpy as np
from sklearn.datasets import load_digits

from spectral_exp.dataset.arrays import Arrays, split_and_scale
from spectral_exp.dataset.data import Data
from spectral_exp.dataset.feature_names import pixel_names
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.dataset.scaling import Scaling, check_scaling
from spectral_exp.dataset.splitting import Split


class Digits:
    """1797 handwritten digits of 8 x 8 pixels, grey values 0 to 16 brought to 0 to 1.

    Args:
        val_fraction: share of all rows for validation.
        test_fraction: share of all rows for the test, unless a fold is named.
        fold: which of n_folds is the test, from 1; None for a random share.
        n_folds: parts of a cross-validation.
        scaling: what is done beyond that, fitted on the training rows.
        seed: fixes the split, or the folds.

    Raises:
        ValueError: if a value is out of range.
    """

    name: ClassVar[str] = "digits"

    def __init__(
        self,
        val_fraction: float = 0.15,
        test_fraction: float = 0.2,
        fold: int | None = None,
        n_folds: int = 5,
        scaling: Scaling = "none",
        seed: int = 0,
    ) -> None:
        check_scaling(scaling)
        self.split = Split(val_fraction, test_fraction, seed, fold, n_folds)
        self.scaling: Scaling = scaling

    def load(self) -> Data:
        """Read the digits that scikit-learn holds.

        Returns:
            The data.
        """
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
