"""The input itself."""

import torch
from jaxtyping import Float
from torch import Tensor

from spectral_exp.layer.basis_function.basis_function import BasisFunction


class Identity(BasisFunction):
    """Take the input as it is, neither centred nor scaled."""

    name = "positive"  # torch's word for +x

    def __init__(self) -> None:
        super().__init__(share=1.0)

    def argument(self) -> tuple[float, float]:
        return 1.0, 0.0

    def coefficients(self, rows: Float[Tensor, "n_rows n_in"]) -> Float[Tensor, "4 n_in"]:
        one, zero = torch.ones_like(rows[0]), torch.zeros_like(rows[0])
        return torch.stack([one, zero, one, zero])
