"""Rows that stay in a file: read in chunks ahead of their use, shuffled within a buffer, scaled batch by batch."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor
from typing_extensions import Self

from spectral_exp.dataset.rows import Batch, Rows
from spectral_exp.dataset.stored import StoredMatrix

READERS = 2  # threads: one can decode while another puts values in their places
BYTES_AHEAD = 1 << 24  # are being fetched while a chunk is read


@dataclass(frozen=True)
class Group:
    """Chunks that are in memory together.

    Attributes:
        matrix: their rows, those of other parts among them, shape (n_slots, n_features).
        slots: where the rows of this part are in it, in the order in which they are handed out.
        targets: theirs.
    """

    matrix: Shaped[Tensor, "n_slots n_features"]
    slots: Int[Tensor, " n_rows"]
    targets: Shaped[Tensor, " n_rows"]


@dataclass(frozen=True)
class StreamedRows(Rows):
    """Rows of a part that are read anew in every epoch.

    The file is read in chunks of neighbouring rows. A shuffled epoch takes the chunks in a random order, and groups
    of them, as many as half the buffer holds, in memory: within a group the rows are shuffled. While one group is
    handed out, threads read the next. So memory holds the buffer and a batch, whatever the size of the file, and
    the order depends on the generator alone, not on how many inputs are kept or how many processes share a batch.

    Attributes:
        stored: the matrix of all parts.
        index: which of its rows these are, rising.
        targets: shape (n_rows,), see `Rows`; they are in memory.
        scale: standard deviation of every input over the training rows, scaled as it is handed out.
        shift: what is subtracted from every input; None for inputs as they are.
        divisor: what they are divided by after that.
        columns: which columns of the matrix are the inputs; None for all.
        buffer_bytes: most bytes of chunks in memory, unless two chunks take more.
    """

    stored: StoredMatrix
    index: Int[np.ndarray, " n_rows"]
    targets: Shaped[Tensor, " n_rows"]
    scale: Float[Tensor, " n_features"]
    shift: Float[Tensor, " n_features"] | None = None
    divisor: Float[Tensor, " n_features"] | None = None
    columns: Int[np.ndarray, " n_features"] | None = None
    buffer_bytes: int = 1 << 28

    @property
    def n_features(self) -> int:
        return len(self.stored.names) if self.columns is None else len(self.columns)

    @property
    def input_scale(self) -> Float[Tensor, " n_features"]:
        return self.scale

    def batches(
        self, bounds: Sequence[int], rank: int = 0, n_ranks: int = 1, generator: torch.Generator | None = None
    ) -> Iterator[Batch]:
        groups = self._groups(generator)
        group = next(groups)
        first = 0  # place of the group's first row in the order of the epoch
        working_type = torch.float64 if group.matrix.dtype == torch.float64 else torch.float32
        for start, end in pairwise(bounds):
            places = range(start + rank, end, n_ranks)
            inputs = torch.empty((len(places), self.n_features), dtype=working_type)
            targets = torch.empty(len(places), dtype=self.targets.dtype)
            done = 0
            while done < len(places):
                n_rows = len(group.slots)
                here = range(places[done] - first, min(end - first, n_rows), n_ranks)
                if not here:
                    first += n_rows
                    group = next(groups)
                    continue
                share, filled = slice(here.start, here.stop, n_ranks), slice(done, done + len(here))
                gather(group.matrix, group.slots[share], inputs[filled])
                targets[filled] = group.targets[share]
                done += len(here)
            inputs = self._scaled(inputs)
            yield inputs, targets
            del inputs

    def keep_features(self, index: Int[Tensor, " n_kept"]) -> Self:
        positions = index.cpu().numpy()
        columns = positions if self.columns is None else self.columns[positions]
        shift, divisor = (None if values is None else values[positions] for values in (self.shift, self.divisor))
        return replace(self, columns=columns, scale=self.scale[positions], shift=shift, divisor=divisor)

    def take(self, rows: Int[Tensor, " n_taken"]) -> Self:
        return replace(self, index=self.index[rows.numpy()], targets=self.targets[rows])

    def joined(self, other: Self) -> Self:
        index = np.concatenate([self.index, other.index])
        order = np.argsort(index)
        return replace(self, index=index[order], targets=torch.cat([self.targets, other.targets])[order])

    def _groups(self, generator: torch.Generator | None) -> Iterator[Group]:
        """Read groups of chunks, each while the one before is handed out."""
        ends = np.searchsorted(self.index, self.stored.chunk_starts)  # chunk c has the rows ends[c] to ends[c + 1]
        chunks = np.flatnonzero(np.diff(ends))
        if generator is not None:
            chunks = chunks[torch.randperm(len(chunks), generator=generator).numpy()]
        groups = list(self._grouped(chunks))
        most_slots = max(int(self._sizes(group).sum()) for group in groups)
        # Two, in turn: fresh memory for every group would cost more than reading into it.
        buffers = [np.empty((most_slots, self.n_features), self.stored.dtype) for _ in groups[:2]]
        with ThreadPoolExecutor(READERS) as readers:
            waiting = self._read(readers, groups[0], buffers[0])
            for number, group in enumerate(groups):
                for chunk in waiting:
                    chunk.result()
                if number + 1 < len(groups):
                    waiting = self._read(readers, groups[number + 1], buffers[(number + 1) % 2])
                offsets = np.cumsum([0, *self._sizes(group)[:-1]]) - self.stored.chunk_starts[group]
                rows = np.concatenate([np.arange(ends[chunk], ends[chunk + 1]) for chunk in group])
                slots = self.index[rows] + np.repeat(offsets, np.diff(ends)[group])
                order = slice(None) if generator is None else torch.randperm(len(rows), generator=generator)
                matrix = torch.from_numpy(buffers[number % 2])
                yield Group(matrix, torch.from_numpy(slots)[order], self.targets[torch.from_numpy(rows)[order]])

    def _grouped(self, chunks: Int[np.ndarray, " n_chunks"]) -> Iterator[Int[np.ndarray, " n_group"]]:
        """Cut chunks into groups of at most half a buffer, or of one; by whole rows, so that the order stays."""
        group: list[int] = []
        size = 0
        for chunk, chunk_size in zip(chunks, self._sizes(chunks) * self.stored.row_bytes, strict=True):
            if group and size + chunk_size > self.buffer_bytes // 2:
                yield np.array(group)
                group, size = [], 0
            group.append(chunk)
            size += chunk_size
        yield np.array(group)

    def _sizes(self, chunks: Int[np.ndarray, " n_chunks"]) -> Int[np.ndarray, " n_chunks"]:
        sizes: Int[np.ndarray, " n_chunks"] = np.diff(self.stored.chunk_starts)[chunks]
        return sizes

    def _read(
        self, readers: ThreadPoolExecutor, group: Int[np.ndarray, " n_group"], buffer: Shaped[np.ndarray, "_ _"]
    ) -> list[Future[None]]:
        """Let the chunks of a group be read into a buffer, one behind the other."""
        sizes = self._sizes(group)
        ahead = max(1, BYTES_AHEAD // int(sizes.max() * self.stored.row_bytes))

        def read(place: int, end: int) -> None:
            if self.columns is None:
                self.stored.announce(group[place + ahead if place else 1 : place + ahead + 1])
            self.stored.read(int(group[place]), self.columns, buffer[end - sizes[place] : end])

        return [readers.submit(read, place, end) for place, end in enumerate(np.cumsum(sizes))]

    def _scaled(self, inputs: Float[Tensor, "n_rows n_features"]) -> Float[Tensor, "n_rows n_features"]:
        if self.shift is not None and self.divisor is not None:
            inputs.sub_(self.shift).div_(self.divisor)
        return inputs.float()


def gather(matrix: Shaped[Tensor, "n m"], rows: Int[Tensor, " k"], out: Shaped[Tensor, "k m"]) -> None:
    """Copy rows, without a copy in between where the types agree.

    Args:
        matrix: where from.
        rows: which.
        out: where to.
    """
    if matrix.dtype == out.dtype:
        torch.index_select(matrix, 0, rows, out=out)
    else:
        out.copy_(matrix.index_select(0, rows))
