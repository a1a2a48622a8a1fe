"""Several functions of every input, for a layer that gives them one eigenvalue."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from spectral_exp.functional.basis import expand
from spectral_exp.layer.basis_function.basis_function import BasisFunction


class Basis(nn.Module):
    """Expand rows of inputs into columns, `len(basis)` for each.

    A new basis applies every function to the bare input; `fit` adapts it to the training rows.

    Args:
        functions: what becomes of every input.
        in_features: number of inputs.
        device: where the coefficients live.
        dtype: their type.

    Attributes:
        coefficients: a, b, c, d of the column c f(a x + b) + d, shape (4, n_functions, in_features).

    Raises:
        ValueError: if there is no function.

    Example:
        >>> from spectral_exp.layer.basis_function.identity import Identity
        >>> from spectral_exp.layer.basis_function.square import Square
        >>> Basis([Identity(), Square()], in_features=2)(torch.tensor([[2.0, 3.0]])).tolist()
        [[2.0, 3.0, 4.0, 9.0]]
    """

    coefficients: Tensor

    def __init__(
        self,
        functions: Sequence[BasisFunction],
        in_features: int,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        if not functions:
            raise ValueError("a basis must hold at least one function, got none")
        self.functions = tuple(functions)
        start = torch.tensor([1.0, 0.0, 1.0, 0.0], device=device, dtype=dtype)
        self.register_buffer("coefficients", start[:, None, None].repeat(1, len(functions), in_features))

    def __len__(self) -> int:
        return len(self.functions)

    @property
    def names(self) -> list[str]:
        """Names of the functions in `torch`."""
        return [function.name for function in self.functions]

    @torch.no_grad()
    def fit(self, rows: Float[Tensor, "n_rows n_features"]) -> Float[Tensor, "n_functions n_features"]:
        """Fix the coefficients by the training rows.

        Args:
            rows: the training rows, all inputs.

        Returns:
            The standard deviation of every column over these rows, which is its scale in the relevance.
        """
        scales = []
        for index, function in enumerate(self.functions):
            self.coefficients[:, index] = function.coefficients(rows)
            column = expand(rows, [function.name], self.coefficients[:, index : index + 1])
            scales.append(column.std(dim=0, correction=0))
        return torch.stack(scales)

    def forward(
        self, inputs: Float[Tensor, "*rows n_in"], kept: Int[Tensor, " n_in"] | None = None
    ) -> Float[Tensor, "*rows n_columns"]:
        """Expand rows of inputs.

        Args:
            inputs: rows of the inputs at hand.
            kept: which of all inputs these are; None for all.

        Returns:
            All inputs under the first function, then all under the second, and so on.
        """
        coefficients = self.coefficients if kept is None else self.coefficients.index_select(-1, kept)
        return expand(inputs, self.names, coefficients)

    def extra_repr(self) -> str:
        """Describe the basis for printing.

        Returns:
            Its functions.
        """
        return ", ".join(type(function).__name__ for function in self.functions)
