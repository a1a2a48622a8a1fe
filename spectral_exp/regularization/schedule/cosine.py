"""Half a cosine wave between two factors."""

import math

from spectral_exp.regularization.schedule.linear import Linear


class Cosine(Linear):
    """Move from one factor to another as `Linear` does, but slowly at both ends.

    Example:
        >>> round(Cosine(start=0.0, end=1.0)(0.25), 6)
        0.146447
    """

    def __call__(self, progress: float) -> float:
        return self.end + (self.start - self.end) * (1 + math.cos(math.pi * progress)) / 2
