"""Madelon-like: classes on the corners of a hypercube, hidden among linear mixtures and probes."""

from typing import ClassVar

import numpy as np
from jaxtyping import Int

from spectral_exp.dataset.data import Data
from spectral_exp.dataset.known_truth import describe_known_truth
from spectral_exp.dataset.splitting import Arrays, Scaling, check_fractions, check_scaling, split_and_scale


class MadelonLike:
    """Draw two classes that share the corners of a hypercube at random.

    The first `n_informative` inputs hold one Gaussian cloud of spread 1 per corner, the next `n_redundant` are random
    linear mixtures of them, the rest is noise ("probes"). No single input tells much, and none of the informative
    ones can be spared: each has an edge of the cube along which the class changes.
    Source: Guyon et al., "Result analysis of the NIPS 2003 feature selection challenge" (2004). Not drawn by
    scikit-learn's `make_classification`, which, when every corner is taken, gives the class to one coordinate alone.

    An input is relevant (true strength 1) if a smallest set that tells all there is to know of the class contains it.
    Any `n_informative` of the informative and redundant inputs span the same space, so all of them are relevant, as
    in the challenge; a ranking that drops mixtures early is marked down for it.

    Args:
        n_rows: number of rows.
        n_features: number of inputs.
        n_informative: dimensions of the hypercube, at least 2; its corners go to the two classes in equal parts.
        n_redundant: linear mixtures of the informative inputs.
        separation: half the length of the hypercube's sides; more is easier.
        flipped: share of the rows whose class is drawn at random.
        val_fraction: share of all rows for validation.
        test_fraction: share of all rows for the test.
        scaling: how inputs are scaled, fitted on the training rows.
        seed: fixes rows and split.

    Raises:
        ValueError: if a value is out of range.
    """

    name: ClassVar[str] = "madelon_like"

    def __init__(
        self,
        n_rows: int = 2600,
        n_features: int = 500,
        n_informative: int = 5,
        n_redundant: int = 15,
        separation: float = 2.0,
        flipped: float = 0.01,
        val_fraction: float = 0.1,
        test_fraction: float = 0.2,
        scaling: Scaling = "standard",
        seed: int = 0,
    ) -> None:
        check_fractions(val_fraction, test_fraction)
        check_scaling(scaling)
        if n_informative < 2 or n_redundant < 0:
            raise ValueError(
                f"n_informative must be at least 2 and n_redundant >= 0, got {n_informative} and {n_redundant}"
            )
        if n_features < n_informative + n_redundant:
            raise ValueError(
                f"n_features must be at least n_informative + n_redundant = {n_informative + n_redundant}, "
                f"got {n_features}"
            )
        if n_rows < 2**n_informative:
            raise ValueError(f"n_rows must be at least {2**n_informative}, one per corner, got {n_rows}")
        if separation <= 0:
            raise ValueError(f"separation must be above 0, got {separation}")
        if not 0 <= flipped < 1:
            raise ValueError(f"flipped must be at least 0 and below 1, got {flipped}")
        self.n_rows = n_rows
        self.n_features = n_features
        self.n_informative = n_informative
        self.n_redundant = n_redundant
        self.separation = separation
        self.flipped = flipped
        self.val_fraction = val_fraction
        self.test_fraction = test_fraction
        self.scaling: Scaling = scaling
        self.seed = seed

    def load(self) -> Data:
        """Draw the rows.

        Returns:
            The data; `info.true_strength` is 1 for informative and redundant inputs, 0 for probes.
        """
        rng = np.random.default_rng(self.seed)
        classes_of_corners = _shared_corners(self.n_informative, rng)
        corners = rng.permutation(np.arange(self.n_rows) % len(classes_of_corners))
        directions = 2 * _bits(corners, self.n_informative) - 1
        informative = rng.standard_normal(directions.shape) + self.separation * directions
        redundant = informative @ rng.standard_normal((self.n_informative, self.n_redundant))
        probes = rng.standard_normal((self.n_rows, self.n_features - self.n_informative - self.n_redundant))
        inputs = np.concatenate([informative, redundant, probes], axis=1)
        is_flipped = rng.random(self.n_rows) < self.flipped
        classes = np.where(is_flipped, rng.integers(2, size=self.n_rows), classes_of_corners[corners])
        n_relevant = self.n_informative + self.n_redundant
        info = describe_known_truth(self.name, np.where(np.arange(self.n_features) < n_relevant, 1.0, 0.0))
        arrays = Arrays(inputs.astype(np.float32), classes)
        return split_and_scale(info, arrays, self.val_fraction, self.test_fraction, self.seed, self.scaling)


def _bits(corners: Int[np.ndarray, " n"], n_dimensions: int) -> Int[np.ndarray, "n n_dimensions"]:
    """The coordinates, 0 or 1, of corners by number."""
    return (corners[:, None] >> np.arange(n_dimensions)) & 1


def _shared_corners(n_dimensions: int, rng: np.random.Generator) -> Int[np.ndarray, " n_corners"]:
    """Give half of the corners to each class, at random, so that every coordinate decides somewhere."""
    corners = np.arange(2**n_dimensions)
    while True:
        classes = rng.permutation(corners % 2)
        neighbours = classes[corners[:, None] ^ (1 << np.arange(n_dimensions))]
        if (neighbours != classes[:, None]).any(axis=0).all():
            return classes
