"""Rows in memory without their zeros."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor
from typing_extensions import Self

from spectral_exp.dataset.rows import Batch, Rows
from spectral_exp.functional.sparse import csr, take_columns, take_rows


@dataclass(frozen=True)
class SparseRows(Rows):
    """Rows that are mostly zeros.

    Attributes:
        matrix: inputs, shape (n_rows, n_features), float32 in the CSR layout, scaled as the model is to see them.
        targets: shape (n_rows,), see `Rows`.
    """

    matrix: Float[Tensor, "n_rows n_features"]
    targets: Shaped[Tensor, " n_rows"]

    @property
    def n_features(self) -> int:
        return self.matrix.shape[1]

    @property
    def input_scale(self) -> Float[Tensor, " n_features"]:
        values, columns = self.matrix.values().double(), self.matrix.col_indices()
        mean, mean_of_squares = (
            values.new_zeros(self.n_features).index_add_(0, columns, powers) / len(self)
            for powers in (values, values.square())
        )
        return (mean_of_squares - mean.square()).clamp_min(0.0).sqrt().float()

    def batches(
        self, bounds: Sequence[int], rank: int = 0, n_ranks: int = 1, generator: torch.Generator | None = None
    ) -> Iterator[Batch]:
        n_rows = len(self)
        order = torch.arange(n_rows) if generator is None else torch.randperm(n_rows, generator=generator)
        order = order.to(self.targets.device)
        for start, end in pairwise(bounds):
            rows = order[start + rank : end : n_ranks]
            yield take_rows(self.matrix, rows), self.targets[rows]

    def keep_features(self, index: Int[Tensor, " n_kept"]) -> Self:
        return type(self)(take_columns(self.matrix, index.to(self.targets.device)), self.targets)

    def take(self, rows: Int[Tensor, " n_taken"]) -> Self:
        return type(self)(take_rows(self.matrix, rows), self.targets[rows])

    def joined(self, other: Self) -> Self:
        first, second = self.matrix, other.matrix
        inputs = csr(
            torch.cat([first.crow_indices(), second.crow_indices()[1:] + first.values().numel()]),
            torch.cat([first.col_indices(), second.col_indices()]),
            torch.cat([first.values(), second.values()]),
            self.n_features,
        )
        return type(self)(inputs, torch.cat([self.targets, other.targets]))

    def to(self, device: torch.device | str) -> Self:
        return type(self)(self.matrix.to(device), self.targets.to(device))
