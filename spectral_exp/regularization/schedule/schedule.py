"""What every schedule is: a function of training progress."""

from typing import Protocol


class Schedule(Protocol):
    """Map training progress, 0 at the first step and 1 at the last, to a factor >= 0."""

    def __call__(self, progress: float) -> float:
        """Compute the factor.

        Args:
            progress: share of the training steps that are done, in [0, 1].

        Returns:
            The factor, >= 0.
        """
        ...
