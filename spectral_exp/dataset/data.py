"""A data set, split into training, validation and test rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor
from typing_extensions import Self

from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.dataset.rows import Batch, Rows
from spectral_exp.errors import UserError


@dataclass(frozen=True)
class Part(Rows):
    """Rows that lie in memory.

    Attributes:
        inputs: shape (n_rows, n_features), float32, scaled as the model is to see them.
        targets: shape (n_rows,), see `Rows`.
    """

    inputs: Float[Tensor, "n_rows n_features"]
    targets: Shaped[Tensor, " n_rows"]

    @property
    def n_features(self) -> int:
        return self.inputs.shape[1]

    @property
    def input_scale(self) -> Float[Tensor, " n_features"]:
        return self.inputs.std(dim=0, correction=0)

    def batches(
        self, starts: Sequence[int], rank: int = 0, n_ranks: int = 1, generator: torch.Generator | None = None
    ) -> Iterator[Batch]:
        n_rows = len(self)
        order = None if generator is None else torch.randperm(n_rows, generator=generator).to(self.inputs.device)
        for start, end in zip(starts, [*starts[1:], n_rows], strict=True):
            share = slice(start + rank, end, n_ranks)
            if order is None:
                yield self.inputs[share], self.targets[share]
            else:
                # Gathering batch by batch costs a sixth of permuting a large set once per epoch: it stays in the cache.
                rows = order[share]
                yield self.inputs.index_select(0, rows), self.targets.index_select(0, rows)

    def keep_features(self, index: Int[Tensor, " n_kept"]) -> Self:
        return type(self)(self.inputs.index_select(1, index.to(self.inputs.device)), self.targets)

    def take(self, rows: Int[Tensor, " n_taken"]) -> Self:
        return type(self)(self.inputs[rows], self.targets[rows])

    def joined(self, other: Self) -> Self:
        return type(self)(torch.cat([self.inputs, other.inputs]), torch.cat([self.targets, other.targets]))

    def to(self, device: torch.device | str) -> Self:
        return type(self)(self.inputs.to(device), self.targets.to(device))


@dataclass(frozen=True)
class Data:
    """A data set, ready for training.

    Attributes:
        info: what the inputs and the target are.
        train: rows to fit on.
        val: rows to choose by.
        test: rows to report on.
    """

    info: DatasetInfo
    train: Rows
    val: Rows
    test: Rows

    @property
    def input_scale(self) -> Float[Tensor, " n_features"]:
        """Standard deviation of every input over the training rows."""
        return self.train.input_scale


def in_memory(rows: Rows, what: str) -> Part:
    """Refuse rows that do not lie in memory as a dense matrix.

    Args:
        rows: the rows.
        what: what needs them there, for the message.

    Returns:
        The same rows.

    Raises:
        UserError: if they are streamed or sparse.
    """
    if not isinstance(rows, Part):
        raise UserError(f"{what} needs all rows in memory: leave it out, or take dataset=tabular for smaller data")
    return rows
