"""Half a cosine wave between two factors."""

import math


class Cosine:
    """Move from one factor to another over the whole of training, slowly at both ends.

    Args:
        start: factor at the first step, >= 0.
        end: factor at the last step, >= 0.

    Raises:
        ValueError: if a factor is negative.

    Example:
        >>> round(Cosine(start=0.0, end=1.0)(0.5), 6)
        0.5
    """

    def __init__(self, start: float = 0.0, end: float = 1.0) -> None:
        if start < 0 or end < 0:
            raise ValueError(f"start and end must be >= 0, got {start} and {end}")
        self.start = start
        self.end = end

    def __call__(self, progress: float) -> float:
        return self.end + (self.start - self.end) * (1 + math.cos(math.pi * progress)) / 2
