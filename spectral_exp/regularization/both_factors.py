"""What penalties on eigenvalues and eigenvectors share."""

from abc import abstractmethod

from jaxtyping import Float
from torch import Tensor

from spectral_exp.layer.spectral_layer import SpectralLayer
from spectral_exp.regularization.regularization import Regularization
from spectral_exp.regularization.schedule.schedule import Schedule


class BothFactors(Regularization):
    """Add the size of the eigenvalues and that of the eigenvectors to the loss, each times its strength.

    Both count as often as the group lasso counts a block, see `SpectralLayer.weigh`.

    Args:
        strength: the factor of the eigenvalues, >= 0.
        eigenvector_strength: the factor of the eigenvectors, >= 0.
        schedule: makes both a function of training progress.

    Raises:
        ValueError: if a strength is negative.
    """

    def __init__(self, strength: float, eigenvector_strength: float, schedule: Schedule) -> None:
        super().__init__(strength, schedule)
        if not eigenvector_strength >= 0:
            raise ValueError(f"eigenvector_strength must be >= 0, got {eigenvector_strength}")
        self.eigenvector_strength = eigenvector_strength

    @abstractmethod
    def size(self, values: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Measure the elements of a factor of the weight.

        Args:
            values: eigenvalues or eigenvectors.

        Returns:
            The size of each, differentiable in the values.
        """

    def strengths_at(self, progress: float) -> tuple[float, ...]:
        factor = self.schedule(progress)
        return self.strength * factor, self.eigenvector_strength * factor

    def terms(self, layer: SpectralLayer) -> tuple[Float[Tensor, ""], ...]:
        if layer.columns.penalty_weights is None:  # all count alike: two sums are enough
            return self.size(layer.eigenvalues).sum(), self.size(layer.eigenvectors).sum()
        of_vectors = layer.per_eigenvalue(self.size(layer.eigenvectors).sum(dim=0))
        return layer.weigh(self.size(layer.eigenvalues)).sum(), layer.weigh(of_vectors).sum()
