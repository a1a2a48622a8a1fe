"""What the fetched sets without a test part of their own have in common: read whole, split, scaled."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from spectral_exp.dataset.arrays import Arrays, split_and_scale
from spectral_exp.dataset.data import Data
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.dataset.split_set import SplitSet


@dataclass(frozen=True)
class FetchedSet(SplitSet):
    """A set of `spectral-data fetch`.

    Attributes:
        data_dir: where fetched data lies.
    """

    name: ClassVar[str]

    data_dir: str

    def load(self) -> Data:
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
