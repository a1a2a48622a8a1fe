"""Rows of a part of a data set, wherever they lie: in memory, in memory without their zeros, or in a file."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor
from typing_extensions import Self

# Inputs are dense, or sparse rows of torch's CSR layout.
Batch = tuple[Float[Tensor, "n_rows n_features"], Shaped[Tensor, " n_rows"]]

MOST_ROWS = 8192
MOST_BYTES = 1 << 27


def rows_at_once(n_features: int) -> int:
    """Choose how many rows are taken through a network at once where nothing is trained.

    Args:
        n_features: number of inputs.

    Returns:
        At most 8192 rows, fewer where those would take more than 128 MiB, at least one.

    Example:
        >>> rows_at_once(784), rows_at_once(1_000_000)
        (8192, 33)
    """
    return max(1, min(MOST_ROWS, MOST_BYTES // (4 * n_features)))


class Rows(ABC):
    """Rows of one part of a data set, which are handed out batch by batch.

    Attributes:
        targets: shape (n_rows,): int64 class codes, or float32 values, standardised by
            `DatasetInfo.target_mean` and `target_scale`.
    """

    targets: Shaped[Tensor, " n_rows"]

    def __len__(self) -> int:
        return len(self.targets)

    @property
    @abstractmethod
    def n_features(self) -> int:
        """Number of inputs that are handed out."""

    @property
    @abstractmethod
    def input_scale(self) -> Float[Tensor, " n_features"]:
        """Standard deviation of every input over the rows."""

    @abstractmethod
    def batches(
        self, starts: Sequence[int], rank: int = 0, n_ranks: int = 1, generator: torch.Generator | None = None
    ) -> Iterator[Batch]:
        """Hand out all rows once.

        Args:
            starts: where every batch starts, in the order that the rows are handed out in; from 0, rising.
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
        return self.batches(range(0, len(self), rows_at_once(self.n_features)))
