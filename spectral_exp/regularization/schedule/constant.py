"""The same factor all along."""


class Constant:
    """Keep the factor at 1.

    Example:
        >>> Constant()(0.3)
        1.0
    """

    def __call__(self, progress: float) -> float:
        return 1.0
