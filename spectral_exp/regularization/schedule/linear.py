"""A straight line between two factors."""


class Linear:
    """Move linearly from one factor to another over the whole of training.

    Args:
        start: factor at the first step, >= 0.
        end: factor at the last step, >= 0.

    Raises:
        ValueError: if a factor is negative.

    Example:
        >>> Linear(start=0.0, end=2.0)(0.5)
        1.0
    """

    def __init__(self, start: float = 0.0, end: float = 1.0) -> None:
        if start < 0 or end < 0:
            raise ValueError(f"start and end must be >= 0, got {start} and {end}")
        self.start = start
        self.end = end

    def __call__(self, progress: float) -> float:
        return self.start + (self.end - self.start) * progress
