"""Rise to the full factor, then hold it."""


class Warmup:
    """Rise linearly from 0 to 1 over the first part of training, then stay at 1.

    The net can find its way (an interaction, say) before inputs are pressed out.

    Args:
        fraction: share of training until the factor is 1, in (0, 1].

    Raises:
        ValueError: if the fraction is out of range.

    Example:
        >>> schedule = Warmup(fraction=0.5)
        >>> schedule(0.25), schedule(0.8)
        (0.5, 1.0)
    """

    def __init__(self, fraction: float = 0.3) -> None:
        if not 0 < fraction <= 1:
            raise ValueError(f"fraction must be above 0 and at most 1, got {fraction}")
        self.fraction = fraction

    def __call__(self, progress: float) -> float:
        return min(progress / self.fraction, 1.0)
