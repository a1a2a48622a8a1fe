"""A data set, split into training, validation and test rows."""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor
from typing_extensions import Self

from spectral_exp.dataset.augmentation import Augmentation
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.dataset.rows import Batch, Rows


@dataclass(frozen=True)
class Part(Rows):
    """Rows that lie in memory.

    Attributes:
        inputs: shape (n_rows, n_features), or (n_rows, *shape) if rows have channels; float32, scaled as the model
            is to see them.
        targets: shape (n_rows,), see `Rows`.
    """

    inputs: Float[Tensor, "n_rows *shape"]
    targets: Shaped[Tensor, " n_rows"]

    @property
    def n_features(self) -> int:
        return self.inputs.shape[1]

    @property
    def row_size(self) -> int:
        return self.inputs[:1].numel()

    @property
    def input_scale(self) -> Float[Tensor, " n_values"]:
        return self.inputs.std(dim=0, correction=0).flatten()

    def batches(
        self, bounds: Sequence[int], rank: int = 0, n_ranks: int = 1, generator: torch.Generator | None = None
    ) -> Iterator[Batch]:
        order = None if generator is None else self.order(generator)
        for start, end in pairwise(bounds):
            share = slice(start + rank, end, n_ranks)
            if order is None:
                yield self.inputs[share], self.targets[share]
            else:
                # Gathering batch by batch costs a sixth of permuting a large set once per epoch: it stays in the cache.
                rows = order[share]
                yield self.inputs.index_select(0, rows), self.targets.index_select(0, rows)

    def order(self, generator: torch.Generator) -> Int[Tensor, " n_rows"]:
        """Draw an order of the rows.

        Args:
            generator: of the random numbers.

        Returns:
            Their positions.
        """
        return torch.randperm(len(self), generator=generator).to(self.inputs.device)

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
        augmentation: changes training rows at random, anew in every epoch; None for none.
    """

    info: DatasetInfo
    train: Rows
    val: Rows
    test: Rows
    augmentation: Augmentation | None = None

    @functools.cached_property
    def input_scale(self) -> Float[Tensor, " n_features"] | None:
        """Standard deviation of every input over the training rows, its root mean square over an input's values.

        None if the model computes the inputs itself.
        """
        if self.info.unit == "activation":
            return None
        if self.info.unit == "value":
            return self.train.input_scale
        variance = self.train.input_scale.square().reshape(self.info.channels_first).flatten(1)
        return variance.mean(dim=0 if self.info.unit == "position" else 1).sqrt()
