"""Gaussian inputs whose means tell two classes apart, each by a known amount."""

from typing import ClassVar

import numpy as np

from spectral_exp.dataset.data import Data
from spectral_exp.dataset.known_truth import describe_known_truth
from spectral_exp.dataset.splitting import Arrays, Scaling, check_fractions, check_scaling, split_and_scale


class GaussianIndependent:
    """Two balanced classes of independent Gaussian inputs, the first of which are relevant.

    Relevant input j has mean -0.5 in class 0 and strength_j - 0.5 in class 1; the others have mean 0
    in both. Every input has standard deviation sigma within a class. The strength is the true one.
    Source: Chicchi et al., Communications Physics (2026), doi 10.1038/s42005-026-02614-7.

    Args:
        n_rows: number of rows, half of them in each class.
        n_features: number of inputs.
        n_relevant: how many of them are relevant.
        strengths: one per relevant input; None draws them from U(0, max_strength) by the seed.
        max_strength: upper end of the drawn strengths.
        sigma: standard deviation within a class.
        val_fraction: share of all rows for validation.
        test_fraction: share of all rows for the test.
        scaling: how inputs are scaled, fitted on the training rows.
        seed: fixes strengths, rows and split.

    Raises:
        ValueError: if a value is out of range.
    """

    name: ClassVar[str] = "gaussian_independent"

    def __init__(
        self,
        n_rows: int = 60000,
        n_features: int = 20,
        n_relevant: int = 11,
        strengths: list[float] | None = None,
        max_strength: float = 1.4,
        sigma: float = 0.5,
        val_fraction: float = 0.1,
        test_fraction: float = 0.2,
        scaling: Scaling = "none",
        seed: int = 0,
    ) -> None:
        check_fractions(val_fraction, test_fraction)
        check_scaling(scaling)
        if n_rows < 2:
            raise ValueError(f"n_rows must be at least 2, got {n_rows}")
        if not 0 <= n_relevant <= n_features or n_features < 1:
            raise ValueError(f"n_relevant must be between 0 and n_features={n_features}, got {n_relevant}")
        if strengths is not None and len(strengths) != n_relevant:
            raise ValueError(f"strengths must have one value per relevant input ({n_relevant}), got {len(strengths)}")
        if sigma <= 0 or max_strength <= 0:
            raise ValueError(f"sigma and max_strength must be above 0, got {sigma} and {max_strength}")
        self.n_rows = n_rows
        self.n_features = n_features
        self.n_relevant = n_relevant
        self.strengths = strengths
        self.max_strength = max_strength
        self.sigma = sigma
        self.val_fraction = val_fraction
        self.test_fraction = test_fraction
        self.scaling: Scaling = scaling
        self.seed = seed

    def load(self) -> Data:
        """Draw the rows.

        Returns:
            The data; `info.true_strength` holds the strengths, 0 for irrelevant inputs.
        """
        random = np.random.default_rng(self.seed)
        drawn = random.uniform(0, self.max_strength, self.n_relevant)
        true_strength = np.zeros(self.n_features)
        true_strength[: self.n_relevant] = drawn if self.strengths is None else self.strengths

        classes = np.arange(self.n_rows) % 2
        offset = np.where(np.arange(self.n_features) < self.n_relevant, -0.5, 0.0)
        means = np.stack([offset, offset + true_strength]).astype(np.float32)
        inputs = random.standard_normal((self.n_rows, self.n_features), dtype=np.float32)
        inputs = inputs * np.float32(self.sigma) + means[classes]

        info = describe_known_truth(self.name, true_strength)
        arrays = Arrays(inputs, classes)
        return split_and_scale(info, arrays, self.val_fraction, self.test_fraction, self.seed, self.scaling)
