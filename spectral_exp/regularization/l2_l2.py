"""The paper's penalty: L2 on eigenvalues and on eigenvectors."""

from jaxtyping import Float
from torch import Tensor

from spectral_exp.layer.spectral_linear import SpectralLinear
from spectral_exp.regularization.regularization import Regularization
from spectral_exp.regularization.schedule.schedule import Schedule


class L2L2(Regularization):
    r"""Add a sum_j lambda_j^2 + b sum_ij phi_ij^2 to the loss.

    At its minimum over all splits lambda * phi = w it equals 2 sqrt(a b) sum_j ||w_:j||: a group
    lasso on the weight columns. Source: Chicchi et al., Communications Physics (2026).

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
        on_eigenvalues = self.strength * layer.eigenvalues.square().sum()
        return factor * (on_eigenvalues + self.eigenvector_strength * layer.eigenvectors.square().sum())
