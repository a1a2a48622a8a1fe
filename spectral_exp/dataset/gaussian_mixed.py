"""Gaussian inputs that tell two classes apart by their means or in pairs, noisy copies, and noise."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from spectral_exp.dataset.arrays import Arrays
from spectral_exp.dataset.drawn_set import DrawnSet


@dataclass(frozen=True, kw_only=True)
class GaussianMixed(DrawnSet):
    r"""Draw two balanced classes of standard Gaussian inputs of four kinds, in this order.

    1. `n_independent` whose means differ: -shift / 2 in class 0, shift / 2 in class 1.
    2. `n_paired` pairs (a, b) that tell by covariance alone: corr(a, b) is `pair_correlation` in class 0 and its
       negative in class 1; each alone has the same distribution in both classes.
    3. `n_copied` noisy copies of the first inputs of kind 1: c x + sqrt(1 - c^2) N(0, 1), c the `copy_correlation`.
    4. Noise, up to `n_features`.

    An input is relevant (true strength 1) if a smallest set that tells all there is to know of the class contains it.
    A noisy copy is not: given its original it says nothing more, so its true strength is 0, although it correlates
    with the class. It is what a ranking of single inputs gets wrong.

    Attributes:
        n_rows: number of rows, half of them in each class.
        n_features: number of inputs.
        n_independent: inputs whose means differ.
        n_paired: pairs that tell by covariance alone.
        n_copied: noisy copies of the first independent ones.
        shift: distance of the two class means, in standard deviations.
        pair_correlation: correlation within a pair, up to the sign that tells the class.
        copy_correlation: correlation of a copy with its original within a class.

    Raises:
        ValueError: if a value is out of range.
    """

    name: ClassVar[str] = "gaussian_mixed"

    n_rows: int = 2000
    n_features: int = 200
    n_independent: int = 6
    n_paired: int = 2
    n_copied: int = 4
    shift: float = 0.7
    pair_correlation: float = 0.9
    copy_correlation: float = 0.7

    def __post_init__(self) -> None:
        super().__post_init__()
        if min(self.n_independent, self.n_paired, self.n_copied) < 0:
            raise ValueError(
                "n_independent, n_paired and n_copied must be >= 0, got "
                f"{self.n_independent}, {self.n_paired} and {self.n_copied}"
            )
        if self.n_copied > self.n_independent:
            raise ValueError(f"n_copied must be at most n_independent={self.n_independent}, got {self.n_copied}")
        n_made = self.n_independent + 2 * self.n_paired + self.n_copied
        if self.n_features < max(1, n_made):
            raise ValueError(
                f"n_features must be at least n_independent + 2 * n_paired + n_copied = {n_made}, got {self.n_features}"
            )
        for key in ("pair_correlation", "copy_correlation"):
            if not 0 < getattr(self, key) <= 1:
                raise ValueError(f"{key} must be above 0 and at most 1, got {getattr(self, key)}")
        if self.shift <= 0:
            raise ValueError(f"shift must be above 0, got {self.shift}")

    def draw(self, random: np.random.Generator) -> tuple[Float[np.ndarray, " n_features"], Arrays]:
        inputs = random.standard_normal((self.n_rows, self.n_features), dtype=np.float32)
        classes = np.arange(self.n_rows) % 2
        sign = (2 * classes - 1).astype(np.float32)[:, None]
        n_relevant = self.n_independent + 2 * self.n_paired

        inputs[:, : self.n_independent] += self.shift / 2 * sign
        first = inputs[:, self.n_independent : n_relevant : 2]
        second = inputs[:, self.n_independent + 1 : n_relevant : 2]
        second[:] = mixed(-sign * first, second, self.pair_correlation)
        copies = inputs[:, n_relevant : n_relevant + self.n_copied]
        copies[:] = mixed(inputs[:, : self.n_copied], copies, self.copy_correlation)
        return self.first_relevant(n_relevant), Arrays(inputs, classes)


def mixed(signal: np.ndarray, noise: np.ndarray, correlation: float) -> np.ndarray:
    """Mix two independent arrays of variance 1 into one of variance 1.

    Args:
        signal: what the result correlates with.
        noise: what is added, of the same shape.
        correlation: of the result with the signal.

    Returns:
        correlation * signal + sqrt(1 - correlation^2) * noise.
    """
    return np.asarray(correlation * signal + np.sqrt(1 - correlation**2) * noise)
