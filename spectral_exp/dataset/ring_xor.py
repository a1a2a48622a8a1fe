"""Uniform inputs of which two to six decide the class, by rings, signs of products and a sum."""

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np
from jaxtyping import Bool, Float

from spectral_exp.dataset.arrays import Arrays
from spectral_exp.dataset.drawn_set import DrawnSet

Family = Literal["ring", "xor", "ring_xor", "ring_xor_sum"]

N_RELEVANT: dict[str, int] = {"ring": 2, "xor": 2, "ring_xor": 4, "ring_xor_sum": 6}


@dataclass(frozen=True, kw_only=True)
class RingXor(DrawnSet):
    """Draw inputs from U(0, 1) whose first few decide the class; the rest is noise.

    With u the inputs in [0, 1] before they are mapped to [-1, 1], class 1 is

    - `ring`: |sqrt((u0 - .5)^2 + (u1 - .5)^2) - .35| <= .1151, a ring in the square;
    - `xor`: (u0 - .5)(.5 - u1) >= 0, where neither input alone tells anything;
    - `ring_xor`: the ring with .0704, or (u2 - .5)(.5 - u3) >= .0337;
    - `ring_xor_sum`: the ring with .0479, or that product >= .0598, or u4 + u5 + N(0, .2^2) >= 1.4074.

    Each gives two classes of about equal size. The true strength is 1 for what decides, 0 for noise.

    Attributes:
        family: which rule decides the class.
        n_rows: number of rows.
        n_features: number of inputs; those that decide come first.

    Raises:
        ValueError: if a value is out of range.
    """

    name: ClassVar[str] = "ring_xor"

    family: Family = "ring_xor"
    n_rows: int = 1000
    n_features: int = 128

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.family not in N_RELEVANT:
            raise ValueError(f"family must be one of {', '.join(get_args(Family))}, got {self.family!r}")
        if self.n_features < N_RELEVANT[self.family]:
            raise ValueError(
                f"n_features must be at least {N_RELEVANT[self.family]}, what family={self.family} takes, "
                f"got {self.n_features}"
            )

    def draw(self, random: np.random.Generator) -> tuple[Float[np.ndarray, " n_features"], Arrays]:
        unit = random.random((self.n_rows, self.n_features))
        classes = is_class_one(self.family, unit, random.normal(0, 0.2, self.n_rows)).astype(np.int64)
        return self.first_relevant(N_RELEVANT[self.family]), Arrays((2 * unit - 1).astype(np.float32), classes)


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
