"""Gaussian inputs whose class is decided by a weighted sum and the sign of a product."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from spectral_exp.dataset.arrays import Arrays
from spectral_exp.dataset.drawn_set import DrawnSet


@dataclass(frozen=True, kw_only=True)
class XorAdditive(DrawnSet):
    """Draw standard Gaussian inputs, of which a sum and one pair decide the class together.

    Class 1 is sum_j weights_j x_j + xor_weight sign(x_a x_b) + N(0, noise^2) > 0, where the pair (a, b) comes right
    after the inputs of the sum. The pair tells nothing alone and competes with inputs that do. The true strength is 1
    for the inputs of the sum and the pair, 0 for noise.

    Attributes:
        n_rows: number of rows.
        n_features: number of inputs.
        weights: of the inputs of the sum, not 0.
        xor_weight: weight of the sign of the product, above 0.
        noise: standard deviation of what is added before the class is read off.

    Raises:
        ValueError: if a value is out of range.
    """

    name: ClassVar[str] = "xor_additive"

    n_rows: int = 2000
    n_features: int = 200
    weights: Sequence[float] = (1.0, 0.8, -0.7, 0.5)
    xor_weight: float = 1.5
    noise: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        if 0 in self.weights:
            raise ValueError(f"weights must not be 0, got {list(self.weights)}")
        if self.n_features < len(self.weights) + 2:
            raise ValueError(
                f"n_features must be at least {len(self.weights) + 2}, the weights and a pair, got {self.n_features}"
            )
        if self.xor_weight <= 0 or self.noise < 0:
            raise ValueError(f"xor_weight must be above 0 and noise >= 0, got {self.xor_weight} and {self.noise}")

    def draw(self, random: np.random.Generator) -> tuple[Float[np.ndarray, " n_features"], Arrays]:
        inputs = random.standard_normal((self.n_rows, self.n_features), dtype=np.float32)
        n_added = len(self.weights)
        score = inputs[:, :n_added] @ np.asarray(self.weights)
        score += self.xor_weight * np.sign(inputs[:, n_added] * inputs[:, n_added + 1])
        score += random.normal(0, self.noise, self.n_rows)
        return self.first_relevant(n_added + 2), Arrays(inputs, (score > 0).astype(np.int64))
