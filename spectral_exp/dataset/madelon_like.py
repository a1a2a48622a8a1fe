"""Madelon-like: classes on the corners of a hypercube, hidden among linear mixtures and probes."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Int

from spectral_exp.dataset.arrays import Arrays
from spectral_exp.dataset.drawn_set import DrawnSet
from spectral_exp.dataset.scaling import Scaling


@dataclass(frozen=True, kw_only=True)
class MadelonLike(DrawnSet):
    """Draw two classes that share the corners of a hypercube at random.

    The first `n_informative` inputs hold one Gaussian cloud of spread 1 per corner, the next `n_redundant` are random
    linear mixtures of them, the rest is noise ("probes"). No single input tells much, and none of the informative
    ones can be spared: each has an edge of the cube along which the class changes.
    Source: Guyon et al., "Result analysis of the NIPS 2003 feature selection challenge" (2004). Not drawn by
    scikit-learn's `make_classification`, which, when every corner is taken, gives the class to one coordinate alone.

    An input is relevant (true strength 1) if a smallest set that tells all there is to know of the class contains it.
    Any `n_informative` of the informative and redundant inputs span the same space, so all of them are relevant, as
    in the challenge; a ranking that drops mixtures early is marked down for it.

    Attributes:
        n_rows: number of rows.
        n_features: number of inputs.
        n_informative: dimensions of the hypercube, at least 2; its corners go to the two classes in equal parts.
        n_redundant: linear mixtures of the informative inputs.
        separation: half the length of the hypercube's sides; more is easier.
        flipped: share of the rows whose class is drawn at random.

    Raises:
        ValueError: if a value is out of range.
    """

    name: ClassVar[str] = "madelon_like"

    n_rows: int = 2600
    n_features: int = 500
    n_informative: int = 5
    n_redundant: int = 15
    separation: float = 2.0
    flipped: float = 0.01
    scaling: Scaling = "standard"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_informative < 2 or self.n_redundant < 0:
            raise ValueError(
                "n_informative must be at least 2 and n_redundant >= 0, got "
                f"{self.n_informative} and {self.n_redundant}"
            )
        if self.n_features < self.n_informative + self.n_redundant:
            raise ValueError(
                f"n_features must be at least n_informative + n_redundant = {self.n_informative + self.n_redundant}, "
                f"got {self.n_features}"
            )
        if self.n_rows < 2**self.n_informative:
            raise ValueError(f"n_rows must be at least {2**self.n_informative}, one per corner, got {self.n_rows}")
        if self.separation <= 0:
            raise ValueError(f"separation must be above 0, got {self.separation}")
        if not 0 <= self.flipped < 1:
            raise ValueError(f"flipped must be at least 0 and below 1, got {self.flipped}")

    def draw(self, random: np.random.Generator) -> tuple[Float[np.ndarray, " n_features"], Arrays]:
        classes_of_corners = _shared_corners(self.n_informative, random)
        corners = random.permutation(np.arange(self.n_rows) % len(classes_of_corners))
        directions = 2 * _bits(corners, self.n_informative) - 1
        informative = random.standard_normal(directions.shape) + self.separation * directions
        redundant = informative @ random.standard_normal((self.n_informative, self.n_redundant))
        probes = random.standard_normal((self.n_rows, self.n_features - self.n_informative - self.n_redundant))
        inputs = np.concatenate([informative, redundant, probes], axis=1)
        is_flipped = random.random(self.n_rows) < self.flipped
        classes = np.where(is_flipped, random.integers(2, size=self.n_rows), classes_of_corners[corners])
        true_strength = self.first_relevant(self.n_informative + self.n_redundant)
        return true_strength, Arrays(inputs.astype(np.float32), classes)


def _bits(corners: Int[np.ndarray, " n"], n_dimensions: int) -> Int[np.ndarray, "n n_dimensions"]:
    """The coordinates, 0 or 1, of corners by number."""
    return (corners[:, None] >> np.arange(n_dimensions)) & 1


def _shared_corners(n_dimensions: int, random: np.random.Generator) -> Int[np.ndarray, " n_corners"]:
    """Give half of the corners to each class, at random, so that every coordinate decides somewhere."""
    corners = np.arange(2**n_dimensions)
    while True:
        classes = random.permutation(corners % 2)
        neighbours = classes[corners[:, None] ^ (1 << np.arange(n_dimensions))]
        if (neighbours != classes[:, None]).any(axis=0).all():
            return classes
