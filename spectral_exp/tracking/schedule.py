"""When the trace is recorded: rules from a step to yes or no.

The rules have no state, so a resumed run records exactly where the undisturbed one would have.
"""

import math
from typing import Protocol


class RecordingSchedule(Protocol):
    """Decide whether the state after a step is recorded."""

    def __call__(self, step: int, epoch: int, is_epoch_end: bool) -> bool:
        """Decide.

        Args:
            step: optimizer steps taken so far; 0 is the state before training.
            epoch: the epoch the step belongs to, from 0.
            is_epoch_end: whether the step is the epoch's last.

        Returns:
            True to record.
        """
        ...


class EveryEpoch:
    """Record the state before training and at the end of every epoch, or of every second, third, ...

    Args:
        every: number of epochs from one record to the next.

    Raises:
        ValueError: if `every` is below 1.

    Example:
        >>> schedule = EveryEpoch(every=2)
        >>> [epoch for epoch in range(6) if schedule(10 * (epoch + 1), epoch, is_epoch_end=True)]
        [1, 3, 5]
    """

    def __init__(self, every: int = 1):
        if every < 1:
            raise ValueError(f"every must be at least 1, got {every}")
        self.every = every

    def __call__(self, step: int, epoch: int, is_epoch_end: bool) -> bool:
        return step == 0 or (is_epoch_end and (epoch + 1) % self.every == 0)


class LogSteps:
    """Record at steps that are evenly spaced on a logarithmic axis: often early, where most happens.

    Args:
        per_decade: number of records while the step number grows tenfold. Where steps lie wider apart than
            that, below about per_decade / 2, every step is recorded.

    Raises:
        ValueError: if `per_decade` is below 1.

    Example:
        >>> schedule = LogSteps(per_decade=3)
        >>> [step for step in range(1001) if schedule(step, epoch=0, is_epoch_end=False)]
        [0, 1, 2, 5, 10, 22, 46, 100, 215, 464, 1000]
    """

    def __init__(self, per_decade: int = 20):
        if per_decade < 1:
            raise ValueError(f"per_decade must be at least 1, got {per_decade}")
        self.per_decade = per_decade

    def __call__(self, step: int, epoch: int, is_epoch_end: bool) -> bool:
        if step == 0:
            return True
        nearest = round(self.per_decade * math.log10(step))
        return bool(step == round(10 ** (nearest / self.per_decade)))


class Off:
    """Record nothing."""

    def __call__(self, step: int, epoch: int, is_epoch_end: bool) -> bool:
        return False
