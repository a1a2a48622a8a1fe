"""Inputs that are hidden at random in training."""

from jaxtyping import Float
from torch import Tensor, nn

from spectral_exp.functional.sparse import csr, is_sparse


class InputDropout(nn.Dropout):
    """Hide inputs at random in training, other ones in every row, and scale the rest up by as much.

    Where inputs can stand in for each other, a penalty keeps one and presses out the rest. Each of them is needed in
    the rows in which the others are hidden, so with this all of them keep relevance.

    Example:
        >>> import torch
        >>> sorted(InputDropout(0.5)(torch.ones(1, 100)).unique().tolist())
        [0.0, 2.0]
    """

    def forward(self, inputs: Float[Tensor, "n_rows n_in"]) -> Float[Tensor, "n_rows n_in"]:
        """Hide inputs.

        Args:
            inputs: rows, dense or in the CSR layout.

        Returns:
            As many rows.
        """
        if not is_sparse(inputs):
            return super().forward(inputs)
        values = super().forward(inputs.values())
        return csr(inputs.crow_indices(), inputs.col_indices(), values, inputs.shape[1])
