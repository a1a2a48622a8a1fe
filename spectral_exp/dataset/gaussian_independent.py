"""Gaussian inputs whose means tell two classes apart, each by a known amount."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from spectral_exp.dataset.arrays import Arrays
from spectral_exp.dataset.drawn_set import DrawnSet


@dataclass(frozen=True, kw_only=True)
class GaussianIndependent(DrawnSet):
    """Two balanced classes of independent Gaussian inputs, the first of which are relevant.

    Relevant input j has mean -0.5 in class 0 and strength_j - 0.5 in class 1; the others have mean 0
    in both. Every input has standard deviation sigma within a class. The strength is the true one.
    Source: Chicchi et al., Communications Physics (2026), doi 10.1038/s42005-026-02614-7.

    Attributes:
        n_rows: number of rows, half of them in each class.
        n_features: number of inputs.
        n_relevant: how many of them are relevant.
        strengths: one per relevant input; None draws them from U(0, max_strength) by the seed.
        max_strength: upper end of the drawn strengths.
        sigma: standard deviation within a class.

    Raises:
        ValueError: if a value is out of range.
    """

    name: ClassVar[str] = "gaussian_independent"

    n_rows: int = 60000
    n_features: int = 20
    n_relevant: int = 11
    strengths: list[float] | None = None
    max_strength: float = 1.4
    sigma: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.n_relevant <= self.n_features or self.n_features < 1:
            raise ValueError(f"n_relevant must be between 0 and n_features={self.n_features}, got {self.n_relevant}")
        if self.strengths is not None and len(self.strengths) != self.n_relevant:
            raise ValueError(
                f"strengths must have one value per relevant input ({self.n_relevant}), got {len(self.strengths)}"
            )
        if self.sigma <= 0 or self.max_strength <= 0:
            raise ValueError(f"sigma and max_strength must be above 0, got {self.sigma} and {self.max_strength}")

    def draw(self, random: np.random.Generator) -> tuple[Float[np.ndarray, " n_features"], Arrays]:
        drawn = random.uniform(0, self.max_strength, self.n_relevant)
        true_strength = np.zeros(self.n_features)
        true_strength[: self.n_relevant] = drawn if self.strengths is None else self.strengths

        classes = np.arange(self.n_rows) % 2
        offset = np.where(np.arange(self.n_features) < self.n_relevant, -0.5, 0.0)
        means = np.stack([offset, offset + true_strength]).astype(np.float32)
        inputs = random.standard_normal((self.n_rows, self.n_features), dtype=np.float32)
        inputs = inputs * np.float32(self.sigma) + means[classes]
        return true_strength, Arrays(inputs, classes)
