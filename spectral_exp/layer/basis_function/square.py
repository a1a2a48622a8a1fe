"""The square of an input."""

from spectral_exp.layer.basis_function.basis_function import BasisFunction


class Square(BasisFunction):
    """Take the square of the centred input: rings, and whatever grows to both sides.

    Args:
        share: standard deviation of the column over the training rows, as a share of the input's.
    """

    name = "square"

    def argument(self) -> tuple[float, float]:
        return 1.0, 0.0
