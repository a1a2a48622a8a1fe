"""Uniform inputs of which two to six decide the class, by rings, signs of products and a sum."""

from typing import ClassVar, Literal, get_args

import numpy as np
from jaxtyping import Bool, Float

from spectral_exp.dataset.data import Data
from spectral_exp.dataset.known_truth import describe_known_truth
from spectral_exp.dataset.splitting import Arrays, Scaling, check_fractions, check_scaling, split_and_scale

Family = Literal["ring", "xor", "ring_xor", "ring_xor_sum"]

N_RELEVANT: dict[str, int] = {"ring": 2, "xor": 2, "ring_xor": 4, "ring_xor_sum": 6}


class RingXor:
    """Draw inputs from U(0, 1) whose first few decide the class; the rest is noise.

    With u the inputs in [0, 1] before they are mapped to [-1, 1], class 1 is

    - `ring`: |sqrt((u0 - .5)^2 + (u1 - .5)^2) - .35| <= .1151, a ring in the square;
    - `xor`: (u0 - .5)(.5 - u1) >= 0, where neither input alone tells anything;
    - `ring_xor`: the ring with .0704, or (u2 - .5)(.5 - u3) >= .0337;
    - `ring_xor_sum`: the ring with .0479, or that product >= .0598, or u4 + u5 + N(0, .2^2) >= 1.4074.

    Each gives two classes of about equal size. The true strength is 1 for what decides, 0 for noise.

    Args:
        family: which rule decides the class.
        n_rows: number of rows.
        n_features: number of inputs; those that decide come first.
        val_fraction: share of all rows for validation.
        test_fraction: share of all rows for the test.
        scaling: how inputs are scaled, fitted on the training rows.
        seed: fixes rows and split.

    Raises:
        ValueError: if a value is out of range.
    """

    name: ClassVar[str] = "ring_xor"

    def __init__(
        self,
        family: Family = "ring_xor",
        n_rows: int = 1000,
        n_features: int = 128,
        val_fraction: float = 0.1,
        test_fraction: float = 0.2,
        scaling: Scaling = "none",
        seed: int = 0,
    ) -> None:
        check_fractions(val_fraction, test_fraction)
        check_scaling(scaling)
        if family not in N_RELEVANT:
            raise ValueError(f"family must be one of {', '.join(get_args(Family))}, got {family!r}")
        if n_rows < 2:
            raise ValueError(f"n_rows must be at least 2, got {n_rows}")
        if n_features < N_RELEVANT[family]:
            raise ValueError(
                f"n_features must be at least {N_RELEVANT[family]}, what family={family} takes, got {n_features}"
            )
        self.family = family
        self.n_rows = n_rows
        self.n_features = n_features
        self.val_fraction = val_fraction
        self.test_fraction = test_fraction
        self.scaling: Scaling = scaling
        self.seed = seed

    def load(self) -> Data:
        """Draw the rows.

        Returns:
            The data; `info.true_strength` is 1 for the inputs that decide, 0 for the others.
        """
        random = np.random.default_rng(self.seed)
        unit = random.random((self.n_rows, self.n_features))
        classes = is_class_one(self.family, unit, random.normal(0, 0.2, self.n_rows)).astype(np.int64)
        info = describe_known_truth(self.name, np.where(np.arange(self.n_features) < N_RELEVANT[self.family], 1.0, 0.0))
        arrays = Arrays((2 * unit - 1).astype(np.float32), classes)
        return split_and_scale(info, arrays, self.val_fraction, self.test_fraction, self.seed, self.scaling)


def is_class_one(
    family: Family, unit: Float[np.ndarray, "n_rows n_features"], noise: Float[np.ndarray, " n_rows"]
) -> Bool[np.ndarray, " n_rows"]:
    """Apply the rule of a family.

    Args:
        family: which rule.
        unit: inputs in [0, 1].
        noise: what is added to the sum of `ring_xor_sum`.

    Returns:
        True for rows of class 1.
    """
    centred = unit - 0.5
    from_ring = np.abs(np.hypot(centred[:, 0], centred[:, 1]) - 0.35)
    if family == "ring":
        return np.asarray(from_ring <= 0.1151)
    if family == "xor":
        return np.asarray(-centred[:, 0] * centred[:, 1] >= 0)
    product = -centred[:, 2] * centred[:, 3]
    if family == "ring_xor":
        return np.asarray((from_ring <= 0.0704) | (product >= 0.0337))
    is_large_sum = unit[:, 4] + unit[:, 5] + noise >= 1.4074
    return np.asarray((from_ring <= 0.0479) | (product >= 0.0598) | is_large_sum)
