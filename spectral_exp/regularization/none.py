"""No penalty."""

from jaxtyping import Float
from torch import Tensor

from spectral_exp.layer.spectral_layer import SpectralLayer
from spectral_exp.regularization.regularization import Regularization
from spectral_exp.regularization.schedule.constant import Constant


class NoRegularization(Regularization):
    """Leave the eigenvalues to the loss alone.

    Beware: without a penalty the inputs that are pure noise can rank first, because noise is what a
    net overfits with.
    """

    def __init__(self) -> None:
        super().__init__(strength=0.0, schedule=Constant())

    def terms(self, layer: SpectralLayer) -> tuple[Float[Tensor, ""], ...]:
        return (layer.eigenvalues.new_zeros(()),)
