"""The cosine of an input."""

from spectral_exp.layer.basis_function.sine import Sine


class Cosine(Sine):
    """Take the cosine of the centred input: effects that go up and down, even about its mean, else as `Sine`."""

    name = "cos"
