"""What the fetched sets without a test part of their own have in common: read whole, split, scaled."""

from abc import ABC, abstractmethod
from typing import ClassVar

from spectral_exp.dataset.arrays import Arrays, split_and_scale
from spectral_exp.dataset.data import Data
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.dataset.scaling import Scaling, check_scaling
from spectral_exp.dataset.splitting import Split


class FetchedSet(ABC):
    """A set of `spectral-data fetch`, whose rows are dealt to the three parts here.

    Args:
        data_dir: where fetched data lies.
        val_fraction: share of all rows for validation.
        test_fraction: share of all rows for the test, unless a fold is named.
        fold: which of n_folds is the test, from 1; None for a random share.
        n_folds: parts of a cross-validation; together their tests are all rows.
        scaling: how inputs are scaled, fitted on the training rows.
        seed: fixes the split, or the folds.

    Raises:
        ValueError: if a value is out of range.
    """

    name: ClassVar[str]

    def __init__(
        self,
        data_dir: str,
        val_fraction: float = 0.15,
        test_fraction: float = 0.2,
        fold: int | None = None,
        n_folds: int = 5,
        scaling: Scaling = "standard",
        seed: int = 0,
    ) -> None:
        check_scaling(scaling)
        self.data_dir = data_dir
        self.split = Split(val_fraction, test_fraction, seed, fold, n_folds)
        self.scaling: Scaling = scaling
        self.seed = seed

    def load(self) -> Data:
        """Read, check, split and scale the set.

        Returns:
            The data.
        """
        info, arrays = self.read()
        return split_and_scale(info, arrays, self.split, self.scaling)

    @abstractmethod
    def read(self) -> tuple[DatasetInfo, Arrays]:
        """Read the whole set.

        Returns:
            What the columns are, and all rows.

        Raises:
            UserError: if it was not fetched or is damaged.
        """
