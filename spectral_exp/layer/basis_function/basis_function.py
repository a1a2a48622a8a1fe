"""What every function of a basis is: a column c f(a x + b) + d of an input x."""

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor

# A function of a standardised input that varies less over the training rows is constant up to rounding.
LEAST_SPREAD = 1e-4


class BasisFunction(ABC):
    """Turn an input into a column that is centred, and small beside the input itself.

    An even or oscillating effect has no linear part: a network sees it sooner in a function of the input.
    Such columns as large as the input would drown it; a share of .35 was best on planted interactions.

    Args:
        share: standard deviation of the column over the training rows, as a share of the input's.

    Attributes:
        name: of the elementwise function f in `torch`.

    Raises:
        ValueError: if the share is not positive.
    """

    name: str

    def __init__(self, share: float = 0.35) -> None:
        if not share > 0:
            raise ValueError(f"share must be > 0, got {share}")
        self.share = share

    @abstractmethod
    def argument(self) -> tuple[float, float]:
        """Give what the function is of.

        Returns:
            Slope and offset: it is f(slope z + offset) of the standardised input z.
        """

    def coefficients(self, rows: Float[Tensor, "n_rows n_in"]) -> Float[Tensor, "4 n_in"]:
        """Fit the column of every input to the training rows.

        Args:
            rows: the training rows.

        Returns:
            a, b, c, d; all 0 where the input, or the function of it, does not vary.
        """
        slope, offset = self.argument()
        mean, spread = rows.mean(dim=0), rows.std(dim=0, correction=0)
        a = torch.where(spread > 0, slope / spread, 0.0)
        b = offset - a * mean
        values = getattr(torch, self.name)(torch.addcmul(b, rows, a))
        own_spread = values.std(dim=0, correction=0)
        c = torch.where(own_spread > LEAST_SPREAD, self.share * spread / own_spread, 0.0)
        return torch.stack([a, b, c, -c * values.mean(dim=0)])
