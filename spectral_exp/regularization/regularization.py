"""What every regularization is: a penalty, its strength over training, and what follows a step."""

from abc import ABC, abstractmethod
from functools import reduce
from operator import add

from jaxtyping import Float
from torch import Tensor
from torch.optim import Optimizer

from spectral_exp.layer.spectral_layer import SpectralLayer
from spectral_exp.regularization.schedule.schedule import Schedule


class Regularization(ABC):
    """Push the eigenvalues of a layer towards zero.

    Training calls `prepare` once, and in every step `penalty`, which it adds to the loss, `before_step` when the
    gradients are there, and `after_step` once the optimizer has moved the parameters.

    Args:
        strength: the penalty's factor, >= 0.
        schedule: makes the strength a function of training progress.

    Attributes:
        n_final: number of inputs that are left in the end; None if none is removed.
        is_proximal: the layer's weight is moved in `before_step`, to exact zeros, and not by the optimizer.

    Raises:
        ValueError: if the strength is negative.
    """

    n_final: int | None = None
    is_proximal: bool = False

    def __init__(self, strength: float, schedule: Schedule) -> None:
        if not strength >= 0:
            raise ValueError(f"strength must be >= 0, got {strength}")
        self.strength = strength
        self.schedule = schedule

    def strength_at(self, progress: float) -> float:
        """Compute the strength that holds at a moment of training.

        Args:
            progress: share of the training steps that are done, in [0, 1].

        Returns:
            The strength, >= 0.
        """
        return self.strength * self.schedule(progress)

    def prepare(self, layer: SpectralLayer) -> None:
        """Make a layer ready before training; most penalties take it as it is.

        Args:
            layer: the layer whose eigenvalues are pushed.
        """
        return

    def strengths_at(self, progress: float) -> tuple[float, ...]:
        """Compute the factor of every term at a moment of training.

        Args:
            progress: share of the training steps that are done, in [0, 1].

        Returns:
            One per term, >= 0.
        """
        return (self.strength_at(progress),)

    @abstractmethod
    def terms(self, layer: SpectralLayer) -> tuple[Float[Tensor, ""], ...]:
        """Measure what is pushed, before any strength.

        Args:
            layer: the layer whose eigenvalues are pushed.

        Returns:
            One or more scalars, differentiable in the layer's parameters.
        """

    def penalty(self, layer: SpectralLayer, progress: float) -> Float[Tensor, ""]:
        """Compute the sum of the terms, each times its strength, that is added to the loss.

        Args:
            layer: the layer whose eigenvalues are pushed.
            progress: share of the training steps that are done, in [0, 1].

        Returns:
            A scalar, differentiable in the layer's parameters.
        """
        strengths = self.strengths_at(progress)
        return reduce(add, (one * term for one, term in zip(strengths, self.terms(layer), strict=True)))

    def before_step(self, layer: SpectralLayer, optimizer: Optimizer, progress: float) -> None:
        """Act on the layer when the gradients are there; most penalties leave that to the optimizer.

        Args:
            layer: the layer whose eigenvalues are pushed.
            optimizer: the optimizer that is about to step.
            progress: share of the training steps that are done, in [0, 1].
        """
        return

    def acts_after_step(self, layer: SpectralLayer, progress: float) -> bool:
        """Tell whether `after_step` has anything to do.

        Args:
            layer: the layer whose eigenvalues are pushed.
            progress: share of the training steps that are done, in [0, 1].

        Returns:
            False for most penalties.
        """
        return False

    def after_step(
        self,
        layer: SpectralLayer,
        optimizer: Optimizer,
        progress: float,
        step: int,
        input_scale: Float[Tensor, " n_features"] | None,
    ) -> None:
        """Act on the layer after the optimizer's step; most penalties have nothing to do.

        Args:
            layer: the layer whose eigenvalues are pushed.
            optimizer: the optimizer that has just stepped.
            progress: share of the training steps that are done, in [0, 1].
            step: number of training steps that are done.
            input_scale: the standard deviation of every input, to enter the relevance.
        """
        return
