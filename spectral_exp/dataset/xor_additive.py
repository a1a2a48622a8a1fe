"""Gaussian inputs whose class is decided by a weighted sum and the sign of a product."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from spectral_exp.dataset.data import Data
from spectral_exp.dataset.known_truth import describe_known_truth
from spectral_exp.dataset.splitting import Arrays, Scaling, check_fractions, check_scaling, split_and_scale


class XorAdditive:
    """Draw standard Gaussian inputs, of which a sum and one pair decide the class together.

    Class 1 is sum_j weights_j x_j + xor_weight sign(x_a x_b) + N(0, noise^2) > 0, where the pair (a, b) comes right
    after the inputs of the sum. The pair tells nothing alone and competes with inputs that do. The true strength is 1
    for the inputs of the sum and the pair, 0 for noise.

    Args:
        n_rows: number of rows.
        n_features: number of inputs.
        weights: of the inputs of the sum, not 0.
        xor_weight: weight of the sign of the product, above 0.
        noise: standard deviation of what is added before the class is read off.
        val_fraction: share of all rows for validation.
        test_fraction: share of all rows for the test.
        scaling: how inputs are scaled, fitted on the training rows.
        seed: fixes rows and split.

    Raises:
        ValueError: if a value is out of range.
    """

    name: ClassVar[str] = "xor_additive"

    def __init__(
        self,
        n_rows: int = 2000,
        n_features: int = 200,
        weights: Sequence[float] = (1.0, 0.8, -0.7, 0.5),
        xor_weight: float = 1.5,
        noise: float = 0.5,
        val_fraction: float = 0.1,
        test_fraction: float = 0.2,
        scaling: Scaling = "none",
        seed: int = 0,
    ) -> None:
        check_fractions(val_fraction, test_fraction)
        check_scaling(scaling)
        if n_rows < 2:
            raise ValueError(f"n_rows must be at least 2, got {n_rows}")
        if 0 in weights:
            raise ValueError(f"weights must not be 0, got {list(weights)}")
        if n_features < len(weights) + 2:
            raise ValueError(
                f"n_features must be at least {len(weights) + 2}, the weights and a pair, got {n_features}"
            )
        if xor_weight <= 0 or noise < 0:
            raise ValueError(f"xor_weight must be above 0 and noise >= 0, got {xor_weight} and {noise}")
        self.n_rows = n_rows
        self.n_features = n_features
        self.weights = weights
        self.xor_weight = xor_weight
        self.noise = noise
        self.val_fraction = val_fraction
        self.test_fraction = test_fraction
        self.scaling: Scaling = scaling
        self.seed = seed

    def load(self) -> Data:
        """Draw the rows.

        Returns:
            The data; `info.true_strength` is 1 for the inputs that decide, 0 for noise.
        """
        random = np.random.default_rng(self.seed)
        inputs = random.standard_normal((self.n_rows, self.n_features), dtype=np.float32)
        n_added = len(self.weights)
        score = inputs[:, :n_added] @ np.asarray(self.weights)
        score += self.xor_weight * np.sign(inputs[:, n_added] * inputs[:, n_added + 1])
        score += random.normal(0, self.noise, self.n_rows)
        info = describe_known_truth(self.name, np.where(np.arange(self.n_features) < n_added + 2, 1.0, 0.0))
        arrays = Arrays(inputs, (score > 0).astype(np.int64))
        return split_and_scale(info, arrays, self.val_fraction, self.test_fraction, self.seed, self.scaling)
