"""What the data sets have in common that are drawn, so that it is known which inputs matter."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from spectral_exp.dataset.arrays import Arrays, split_and_scale
from spectral_exp.dataset.data import Data
from spectral_exp.dataset.feature_names import numbered_names
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.dataset.scaling import Scaling, check_scaling
from spectral_exp.dataset.splitting import Split, check_fractions


@dataclass(frozen=True, kw_only=True)
class DrawnSet(ABC):
    """Two classes over inputs of known strength; arguments are given by name.

    Attributes:
        n_rows: number of rows.
        n_features: number of inputs.
        val_fraction: share of all rows for validation.
        test_fraction: share of all rows for the test.
        scaling: how inputs are scaled, fitted on the training rows.
        seed: fixes whatever is drawn, and the split.

    Raises:
        ValueError: if a value is out of range.
    """

    name: ClassVar[str]

    n_rows: int
    n_features: int
    val_fraction: float = 0.1
    test_fraction: float = 0.2
    scaling: Scaling = "none"
    seed: int = 0

    def __post_init__(self) -> None:
        check_fractions(self.val_fraction, self.test_fraction)
        check_scaling(self.scaling)
        if self.n_rows < 2:
            raise ValueError(f"n_rows must be at least 2, got {self.n_rows}")

    def load(self) -> Data:
        """Draw the rows.

        Returns:
            The data; `info.true_strength` tells how much every input matters.
        """
        true_strength, arrays = self.draw(np.random.default_rng(self.seed))
        info = DatasetInfo(
            name=self.name,
            task="classification",
            feature_names=numbered_names(self.n_features),
            shape=(self.n_features,),
            class_names=("0", "1"),
            true_strength=true_strength,
        )
        split = Split(self.val_fraction, self.test_fraction, self.seed)
        return split_and_scale(info, arrays, split, self.scaling)

    def first_relevant(self, n_relevant: int) -> Float[np.ndarray, " n_features"]:
        """Tell strengths that are 1 for the first inputs and 0 for the others.

        Args:
            n_relevant: how many matter.

        Returns:
            The strengths.
        """
        return np.where(np.arange(self.n_features) < n_relevant, 1.0, 0.0)

    @abstractmethod
    def draw(self, random: np.random.Generator) -> tuple[Float[np.ndarray, " n_features"], Arrays]:
        """Draw all rows.

        Args:
            random: what to draw from.

        Returns:
            How much each input matters, 0 for not at all; and the rows, their classes 0 and 1.
        """
