"""Rows of a part of a data set, wherever they lie: in memory, in memory without their zeros, or in a file."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor
from typing_extensions import Self

from spectral_exp.errors import UserError

# Inputs are dense, or sparse rows of torch's CSR layout.
Batch = tuple[Float[Tensor, "n_rows *shape"], Shaped[Tensor, " n_rows"]]

MOST_ROWS, FEW_ROWS = 8192, 32
VALUES_AT_ONCE, MOST_VALUES = 1 << 21, 1 << 25


def rows_at_once(row_size: int) -> int:
    """Tell on how many rows a net is run at once where nothing is trained, so that its activations fit in memory.

    Args:
        row_size: numbers in a row.

    Returns:
        8192 rows at most, fewer of large rows, but 32 if those fit into 128 MiB: a layer is read anew for every batch.
        Results do not depend on it.

    Example:
        >>> [rows_at_once(row_size) for row_size in (100, 10_000, 1_000_000, 10_000_000)]
        [8192, 209, 32, 3]
    """
    return max(1, min(FEW_ROWS, MOST_VALUES // row_size), min(MOST_ROWS, VALUES_AT_ONCE // row_size))


class Rows(ABC):
    """Rows of one part of a data set, which are handed out batch by batch.

    Attributes:
        inputs: all of them at once, as a dense matrix; refused with a `UserError` if they do not lie in memory so.
        targets: shape (n_rows,): int64 class codes, or float32 values, standardised by
            `DatasetInfo.target_mean` and `target_scale`.
    """

    inputs: Float[Tensor, "n_rows *shape"]
    targets: Shaped[Tensor, " n_rows"]

    def __getattr__(self, name: str) -> Any:  # called for what is not there
        if name == "inputs":
            raise UserError(
                "a basis, the judge and other rankers need all rows in memory, and these are streamed or sparse: leave "
                "them out, or take dataset=tabular"
            )
        raise AttributeError(name)

    def __len__(self) -> int:
        return len(self.targets)

    @property
    @abstractmethod
    def n_features(self) -> int:
        """Number of inputs that are handed out; of rows with channels, the length of their first axis."""

    @property
    def row_size(self) -> int:
        """How many numbers a row holds, one per input unless rows have channels."""
        return self.n_features

    @property
    @abstractmethod
    def input_scale(self) -> Float[Tensor, " n_values"]:
        """Standard deviation of every value over the rows."""

    @abstractmethod
    def batches(
        self, bounds: Sequence[int], rank: int = 0, n_ranks: int = 1, generator: torch.Generator | None = None
    ) -> Iterator[Batch]:
        """Hand out all rows once.

        Args:
            bounds: where every batch starts, in the order that the rows are handed out in, and the number of rows.
            rank: which share of every batch is handed out, from 0.
            n_ranks: number of shares.
            generator: draws the order; None for the order in which they are stored.

        Yields:
            Inputs, scaled as the model is to see them, and targets.
        """

    @abstractmethod
    def keep_features(self, index: Int[Tensor, " n_kept"]) -> Self:
        """Hand out some of the inputs only.

        Args:
            index: positions among the inputs that are handed out now.

        Returns:
            The same rows with fewer inputs.
        """

    @abstractmethod
    def take(self, rows: Int[Tensor, " n_taken"]) -> Self:
        """Choose rows.

        Args:
            rows: their positions, rising.

        Returns:
            These rows alone.
        """

    @abstractmethod
    def joined(self, other: Self) -> Self:
        """Put rows of the same data set together.

        Args:
            other: further rows.

        Returns:
            All of them; their order is that of `targets`.
        """

    def to(self, device: torch.device | str) -> Self:
        """Move what is in memory to a device.

        Args:
            device: where to.

        Returns:
            The rows; those of a file stay in it.
        """
        return self

    def in_turn(self) -> Iterator[Batch]:
        """Hand out all rows as they are stored, as many at once as memory is spared for.

        Returns:
            The batches.
        """
        return self.batches([*range(0, len(self), rows_at_once(self.row_size)), len(self)])
