"""L1 penalty on eigenvalues and on eigenvectors."""

from jaxtyping import Float
from torch import Tensor

from spectral_exp.layer.spectral_linear import SpectralLinear
from spectral_exp.regularization.regularization import Regularization
from spectral_exp.regularization.schedule.schedule import Schedule


class L1L1(Regularization):
    r"""Add a sum_j |lambda_j| + b sum_ij |phi_ij| to the loss.

    At its minimum over all splits lambda * phi = w it equals 2 sqrt(a b) sum_j sqrt(||w_:j||_1),
    which presses small columns harder than large ones.

    Args:
        strength: a, the factor of the eigenvalues, >= 0.
        eigenvector_strength: b, the factor of the eigenvectors, >= 0.
        schedule: makes both a function of training progress.

    Raises:
        ValueError: if a strength is negative.
    """

    def __init__(self, strength: float, eigenvector_strength: float, schedule: Schedule) -> None:
        super().__init__(strength, schedule)
        if not eigenvector_strength >= 0:
            raise ValueError(f"eigenvector_strength must be >= 0, got {eigenvector_strength}")
        self.eigenvector_strength = eigenvector_strength

    def penalty(self, layer: SpectralLinear, progress: float) -> Float[Tensor, ""]:
        factor = self.schedule(progress)
        on_eigenvalues = self.strength * layer.eigenvalues.abs().sum()
        return factor * (on_eigenvalues + self.eigenvector_strength * layer.eigenvectors.abs().sum())
