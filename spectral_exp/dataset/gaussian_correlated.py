"""Gaussian inputs that tell two classes apart by the sign of their pairing alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from spectral_exp.dataset.arrays import Arrays
from spectral_exp.dataset.drawn_set import DrawnSet


@dataclass(frozen=True, kw_only=True)
class GaussianCorrelated(DrawnSet):
    """Two balanced classes whose every single input is N(0, sigma^2): the signal is in pairs.

    In class 0 the second member of a pair equals the first; in class 1 it is its negative with
    probability r, and equal otherwise. A centred Gaussian is symmetric, so both classes have the
    same distribution in every single input. The true strength of both members is r.
    Source: Chicchi et al., Communications Physics (2026), doi 10.1038/s42005-026-02614-7, which
    leaves sigma open: 1 is our choice.

    Attributes:
        n_rows: number of rows, half of them in each class.
        n_features: number of inputs; pairs come first, the rest is independent noise.
        flip_probabilities: r, one per pair: inputs 0 and 1, inputs 2 and 3, and so on.
        sigma: standard deviation of every input.

    Raises:
        ValueError: if a value is out of range.
    """

    name: ClassVar[str] = "gaussian_correlated"

    n_rows: int = 100000
    n_features: int = 10
    flip_probabilities: Sequence[float] = (0.7, 0.8, 0.4, 0.6)
    sigma: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        n_paired = 2 * len(self.flip_probabilities)
        if self.n_features < max(1, n_paired):
            raise ValueError(f"n_features must be at least {n_paired}, 2 per flip probability, got {self.n_features}")
        if not all(0 <= r <= 1 for r in self.flip_probabilities):
            raise ValueError(f"flip_probabilities must be between 0 and 1, got {list(self.flip_probabilities)}")
        if self.sigma <= 0:
            raise ValueError(f"sigma must be above 0, got {self.sigma}")

    def draw(self, random: np.random.Generator) -> tuple[Float[np.ndarray, " n_features"], Arrays]:
        r = np.asarray(self.flip_probabilities, dtype=np.float64)
        n_paired = 2 * len(r)
        classes = np.arange(self.n_rows) % 2
        inputs = random.standard_normal((self.n_rows, self.n_features), dtype=np.float32) * np.float32(self.sigma)
        is_flipped = (random.random((self.n_rows, len(r))) < r) & (classes[:, None] == 1)
        first = inputs[:, 0:n_paired:2]
        inputs[:, 1:n_paired:2] = np.where(is_flipped, -first, first)

        true_strength = np.zeros(self.n_features)
        true_strength[:n_paired] = np.repeat(r, 2)
        return true_strength, Arrays(inputs, classes)
