"""Gaussian inputs that tell two classes apart by the sign of their pairing alone."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from spectral_exp.dataset.data import Data
from spectral_exp.dataset.known_truth import describe_known_truth
from spectral_exp.dataset.splitting import Arrays, Scaling, check_fractions, check_scaling, split_and_scale


class GaussianCorrelated:
    """Two balanced classes whose every single input is N(0, sigma^2): the signal is in pairs.

    In class 0 the second member of a pair equals the first; in class 1 it is its negative with
    probability r, and equal otherwise. A centred Gaussian is symmetric, so both classes have the
    same distribution in every single input. The true strength of both members is r.
    Source: Chicchi et al., Communications Physics (2026), doi 10.1038/s42005-026-02614-7, which
    leaves sigma open: 1 is our choice.

    Args:
        n_rows: number of rows, half of them in each class.
        n_features: number of inputs; pairs come first, the rest is independent noise.
        flip_probabilities: r, one per pair: inputs 0 and 1, inputs 2 and 3, and so on.
        sigma: standard deviation of every input.
        val_fraction: share of all rows for validation.
        test_fraction: share of all rows for the test.
        scaling: how inputs are scaled, fitted on the training rows.
        seed: fixes rows and split.

    Raises:
        ValueError: if a value is out of range.
    """

    name: ClassVar[str] = "gaussian_correlated"

    def __init__(
        self,
        n_rows: int = 100000,
        n_features: int = 10,
        flip_probabilities: Sequence[float] = (0.7, 0.8, 0.4, 0.6),
        sigma: float = 1.0,
        val_fraction: float = 0.1,
        test_fraction: float = 0.2,
        scaling: Scaling = "none",
        seed: int = 0,
    ) -> None:
        check_fractions(val_fraction, test_fraction)
        check_scaling(scaling)
        if n_rows < 2:
            raise ValueError(f"n_rows must be at least 2, got {n_rows}")
        n_paired = 2 * len(flip_probabilities)
        if n_features < max(1, n_paired):
            raise ValueError(f"n_features must be at least {n_paired}, 2 per flip probability, got {n_features}")
        if not all(0 <= r <= 1 for r in flip_probabilities):
            raise ValueError(f"flip_probabilities must be between 0 and 1, got {list(flip_probabilities)}")
        if sigma <= 0:
            raise ValueError(f"sigma must be above 0, got {sigma}")
        self.n_rows = n_rows
        self.n_features = n_features
        self.flip_probabilities = flip_probabilities
        self.sigma = sigma
        self.val_fraction = val_fraction
        self.test_fraction = test_fraction
        self.scaling: Scaling = scaling
        self.seed = seed

    def load(self) -> Data:
        """Draw the rows.

        Returns:
            The data; `info.true_strength` holds r for the members of a pair, 0 for noise.
        """
        random = np.random.default_rng(self.seed)
        r = np.asarray(self.flip_probabilities, dtype=np.float64)
        n_paired = 2 * len(r)
        classes = np.arange(self.n_rows) % 2
        inputs = random.standard_normal((self.n_rows, self.n_features), dtype=np.float32) * np.float32(self.sigma)
        is_flipped = (random.random((self.n_rows, len(r))) < r) & (classes[:, None] == 1)
        first = inputs[:, 0:n_paired:2]
        inputs[:, 1:n_paired:2] = np.where(is_flipped, -first, first)

        true_strength = np.zeros(self.n_features)
        true_strength[:n_paired] = np.repeat(r, 2)
        info = describe_known_truth(self.name, true_strength)
        arrays = Arrays(inputs, classes)
        return split_and_scale(info, arrays, self.val_fraction, self.test_fraction, self.seed, self.scaling)
