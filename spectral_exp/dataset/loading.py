"""Hand out batches, in the order of an epoch and shared among devices: no workers, no collating."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from jaxtyping import Int
from torch import Tensor

from spectral_exp.dataset.augmentation import Augmentation
from spectral_exp.dataset.data import Data
from spectral_exp.dataset.rows import Batch, Rows, rows_at_once
from spectral_exp.errors import UserError


class TensorLoader:
    """Iterate over (inputs, targets) batches of rows that stay where they are.

    The batches are those of the whole run: with several ranks, each takes its share of every batch,
    every sample is handed out once per epoch over all ranks, and all ranks have equally many
    batches, without which distributed training waits for ever. So neither the number of steps nor
    what is in a step depends on the number of devices. Shares of one batch differ by at most a row.

    The last batch may be smaller. If it has fewer rows than two per rank it joins the one before:
    batch normalisation cannot train on a single row.

    Args:
        part: the rows.
        batch_size: rows per batch over all ranks.
        shuffle: a new order in every epoch, which depends on seed and epoch alone; otherwise as stored.
        seed: fixes the orders.
        device: where the rows are kept.
        rank: which share of every batch is handed out, from 0.
        n_ranks: number of shares.
        augmentation: changes the rows at random, by seed, epoch, batch and rank alone; None for none.

    Attributes:
        rows: what is handed out.
        bounds: where every batch starts in the order of an epoch, and the number of rows.

    Raises:
        ValueError: if the batch size is below 1 or below the number of ranks, or there are fewer rows than ranks.
    """

    batch_sampler = None  # Lightning asks for it beside the `sampler`

    def __init__(
        self,
        part: Rows,
        batch_size: int,
        shuffle: bool = False,
        seed: int = 0,
        device: torch.device | str = "cpu",
        rank: int = 0,
        n_ranks: int = 1,
        augmentation: Augmentation | None = None,
    ) -> None:
        if batch_size < max(1, n_ranks):
            raise ValueError(
                f"batch_size must be at least 1, and at least the number of devices ({n_ranks}), got {batch_size}"
            )
        if len(part) < n_ranks:
            raise ValueError(f"{len(part)} rows cannot be dealt to {n_ranks} devices: use fewer devices")
        self.rows = part.to(device)
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed
        self.epoch = 0
        self.rank = rank
        self.n_ranks = n_ranks
        self.augmentation = augmentation
        starts = batch_starts(len(part), batch_size, smallest=min(batch_size, 2 * n_ranks))
        self.bounds = [*starts, len(part)]

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def __iter__(self) -> Iterator[Batch]:
        # A generator: Lightning tells the epoch after it has asked for an iterator.
        generator = self.generator() if self.shuffle else None
        batches = self.rows.batches(self.bounds, self.rank, self.n_ranks, generator)
        for start in self.bounds[:-1]:
            inputs, targets = next(batches)
            if self.augmentation is not None:
                inputs = self.augmentation(inputs, seed=(self.seed, self.epoch, start, self.rank))
            yield inputs, targets
            del inputs, targets  # before the next is made: a batch may be large

    def weight_of_share(self, batch: int) -> float:
        """Say how much more rows of a batch this rank has than the ranks have on average.

        Args:
            batch: the number of the batch in its epoch, from 0.

        Returns:
            1.0 where all have equally many; 1.0 on average over the ranks.
        """
        rows = range(self.bounds[batch], self.bounds[batch + 1])
        return len(rows[self.rank :: self.n_ranks]) * self.n_ranks / len(rows)

    def generator(self) -> torch.Generator:
        """Make what draws the order of this epoch: on the CPU, so that it is the same for every device.

        Returns:
            The same one again in the same epoch.
        """
        state = np.random.SeedSequence([self.seed, self.epoch]).generate_state(1, np.uint64)
        return torch.Generator().manual_seed(int(state[0]))

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of the next iteration.

        Args:
            epoch: counted from 0.
        """
        self.epoch = epoch

    @property
    def sampler(self) -> "TensorLoader":
        """Itself: Lightning tells the `sampler` of a loader the epoch, also after a resume."""
        return self

    def keep_features(self, index: Int[Tensor, " n_kept"]) -> None:
        """Hand out some of the inputs only from the next iteration on.

        Args:
            index: positions among the inputs that are handed out now.
        """
        self.rows = self.rows.keep_features(index)


def batch_starts(n_rows: int, batch_size: int, smallest: int) -> list[int]:
    """Cut rows into batches.

    Args:
        n_rows: number of rows.
        batch_size: rows per batch.
        smallest: a last batch with fewer rows than this joins the one before.

    Returns:
        The first row of each batch.

    Example:
        >>> batch_starts(7, 3, smallest=2)
        [0, 3]
    """
    starts = list(range(0, n_rows, batch_size))
    return starts[:-1] if len(starts) > 1 and n_rows - starts[-1] < smallest else starts


class DataModule(pl.LightningDataModule):
    """Build the loaders of a data set on the trainer's device, for its rank.

    Where nothing is trained, batches hold so many rows that results do not depend on it and memory does not suffer.

    Args:
        data: the data set.
        batch_size: rows per step, over all devices.
        seed: fixes the order of batches.
        evaluation_batch_size: rows per batch at most where nothing is trained; results do not depend on it.

    Raises:
        ValueError: if a batch size is below 1.
    """

    def __init__(self, data: Data, batch_size: int, seed: int = 0, evaluation_batch_size: int = 2048) -> None:
        super().__init__()
        if batch_size < 1 or evaluation_batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, got {batch_size} and {evaluation_batch_size}")
        self.data = data
        self.batch_size = batch_size
        self.seed = seed
        self.evaluation_batch_size = evaluation_batch_size

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        if batch[0].device == device:  # as those of rows in memory are
            return batch
        return super().transfer_batch_to_device(batch, device, dataloader_idx)

    def train_dataloader(self) -> TensorLoader:
        return self._loader(self.data.train, self.batch_size, is_trained=True)

    def val_dataloader(self) -> TensorLoader:
        return self._loader(self.data.val, self._evaluated_at_once(self.data.val))

    def test_dataloader(self) -> TensorLoader:
        return self._loader(self.data.test, self._evaluated_at_once(self.data.test))

    def _evaluated_at_once(self, part: Rows) -> int:
        n_devices = 1 if self.trainer is None else self.trainer.world_size
        return max(n_devices, min(self.evaluation_batch_size, rows_at_once(part.row_size)))

    def _loader(self, part: Rows, batch_size: int, is_trained: bool = False) -> TensorLoader:
        trainer = self.trainer
        if trainer is None:
            raise RuntimeError("the data module is not attached to a trainer; pass it to trainer.fit or trainer.test")
        try:
            return TensorLoader(
                part,
                batch_size,
                is_trained,
                self.seed,
                device=trainer.strategy.root_device,
                rank=trainer.global_rank,
                n_ranks=trainer.world_size,
                augmentation=self.data.augmentation if is_trained else None,
            )
        except ValueError as error:  # only now is it known how many devices there are
            raise UserError(str(error)) from error
