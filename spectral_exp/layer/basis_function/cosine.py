"""The cosine of an input."""

import math

from spectral_exp.layer.basis_function.basis_function import BasisFunction


class Cosine(BasisFunction):
    """Take the cosine of the centred input: effects that go up and down, even about its mean.

    Args:
        wavelength: in standard deviations of the input.
        share: standard deviation of the column over the training rows, as a share of the input's.

    Raises:
        ValueError: if a value is not positive.
    """

    name = "cos"

    def __init__(self, wavelength: float = 4.0, share: float = 0.35) -> None:
        super().__init__(share)
        if not wavelength > 0:
            raise ValueError(f"wavelength must be > 0, got {wavelength}")
        self.wavelength = wavelength

    def argument(self) -> tuple[float, float]:
        return 2 * math.pi / self.wavelength, 0.0
