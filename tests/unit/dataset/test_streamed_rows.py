import numpy as np
import pytest
import torch

from spectral_exp.dataset.loading import TensorLoader
from spectral_exp.dataset.stored import StoredMatrix
from spectral_exp.dataset.streamed_rows import StreamedRows

N_ROWS, N_COLUMNS = 100, 4


class Counted(StoredMatrix):
    """Row i holds 10 i + column; chunks of 7 rows; notes what is read."""

    def __init__(self, dtype="float32"):
        starts = np.append(np.arange(0, N_ROWS, 7), N_ROWS)
        super().__init__("counted", [f"x{j}" for j in range(N_COLUMNS)], np.dtype(dtype), starts)
        self.chunks, self.cells, self.announced = [], 0, []

    def read(self, chunk, columns, out):
        rows = np.arange(self.chunk_starts[chunk], self.chunk_starts[chunk + 1])
        values = 10 * rows[:, None] + np.arange(N_COLUMNS)
        out[:] = values if columns is None else values[:, columns]
        self.chunks.append(chunk)
        self.cells += out.size

    def announce(self, chunks):
        self.announced.extend((chunk, len(self.chunks)) for chunk in chunks)


def streamed(stored=None, index=None, chunks_in_buffer=4):
    stored = stored or Counted()
    index = np.arange(N_ROWS) if index is None else index
    return StreamedRows(
        stored,
        index,
        torch.from_numpy(index.copy()),
        scale=torch.ones(N_COLUMNS),
        buffer_bytes=chunks_in_buffer * 7 * stored.row_bytes,
    )


def loader(rows, epoch=0, **options):
    made = TensorLoader(rows, 20, shuffle=True, seed=3, **options)
    made.set_epoch(epoch)
    return made


def targets(batches):
    return torch.cat([batch[1] for batch in batches])


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "uint8", ">f4"])
def test_inputs_and_targets_stay_together_whatever_the_file_holds(dtype):
    stored = Counted(dtype)
    index = np.flatnonzero(np.arange(N_ROWS) % 3 > 0)[:15] if dtype == "uint8" else np.arange(N_ROWS)
    for inputs, rows in loader(streamed(stored, index)):
        assert inputs.dtype == torch.float32
        assert torch.equal(inputs, (10.0 * rows[:, None] + torch.arange(N_COLUMNS)).float())


def test_every_epoch_holds_every_row_once_in_an_order_of_seed_and_epoch_alone():
    rows = streamed()
    orders = [targets(loader(rows, epoch)).tolist() for epoch in (0, 1, 0)]
    assert all(sorted(order) == list(range(N_ROWS)) for order in orders)
    assert orders[0] == orders[2] != orders[1]
    fewer = rows.keep_features(torch.tensor([2, 0]))
    assert targets(loader(fewer)).tolist() == orders[0]


def test_rows_are_shuffled_within_half_a_buffer_of_chunks():
    order = targets(loader(streamed(chunks_in_buffer=6))).tolist()
    first = {row // 7 for row in order[:21]}  # three chunks' worth, the last chunk of two rows may be among them
    assert 3 <= len(first) <= 4 and order[:21] != sorted(order[:21])
    assert {row // 7 for row in order} == set(range(15))


def test_without_shuffling_rows_come_as_they_are_stored():
    index = np.array([0, 3, 7, 8, 50, 99])
    rows = streamed(index=index)
    assert [batch[1].tolist() for batch in rows.batches([0, 4, 6])] == [[0, 3, 7, 8], [50, 99]]
    assert targets(rows.in_turn()).tolist() == index.tolist()


def test_chunks_without_rows_of_the_part_are_not_read():
    stored = Counted()
    list(streamed(stored, np.array([0, 3, 50])).in_turn())
    assert sorted(stored.chunks) == [0, 7]


def test_chunks_are_announced_once_and_not_long_before_they_are_read(monkeypatch):
    stored = Counted()
    monkeypatch.setattr("spectral_exp.dataset.streamed_rows.BYTES_AHEAD", 2 * 7 * stored.row_bytes)
    monkeypatch.setattr("spectral_exp.dataset.streamed_rows.READERS", 1)  # so that it is known who comes first
    list(loader(streamed(stored, chunks_in_buffer=10)))
    assert [chunk for chunk, _ in stored.announced] == [
        chunk for place, chunk in enumerate(stored.chunks) if place % 5
    ]  # all but the first of each group of five
    assert all(0 < stored.chunks.index(chunk) - n_read <= 2 for chunk, n_read in stored.announced)


def test_inputs_that_have_left_are_not_read():
    stored = Counted()
    rows = streamed(stored).keep_features(torch.tensor([3, 1])).keep_features(torch.tensor([0]))
    inputs = torch.cat([inputs for inputs, _ in rows.in_turn()])
    assert inputs.tolist() == [[10 * row + 3] for row in range(N_ROWS)]
    assert stored.cells == N_ROWS


@pytest.mark.parametrize("n_ranks", [2, 3])
def test_ranks_share_the_batches_of_a_single_process(n_ranks):
    alone = list(loader(streamed()))
    shares = [list(loader(streamed(), rank=rank, n_ranks=n_ranks)) for rank in range(n_ranks)]
    for whole, *parts in zip(alone, *shares, strict=True):
        assert sorted(targets(parts).tolist()) == sorted(whole[1].tolist())


def test_scaling_is_applied_to_what_is_handed_out():
    rows = streamed()
    shift, divisor = torch.arange(4.0), torch.tensor([1.0, 2.0, 4.0, 8.0])
    scaled = StreamedRows(rows.stored, rows.index, rows.targets, rows.scale, shift, divisor)
    (inputs, row), *_ = scaled.keep_features(torch.tensor([1, 3])).batches([0, 100])
    assert torch.equal(inputs, 10 * row[:, None] / divisor[[1, 3]])


def test_rows_are_taken_and_joined_with_their_targets():
    odd, even = (streamed(index=np.arange(start, N_ROWS, 2)) for start in (1, 0))
    joined = odd.joined(even)
    assert targets(joined.in_turn()).tolist() == list(range(N_ROWS)) == joined.targets.tolist()
    taken = joined.take(torch.tensor([4, 90]))
    assert [batch[0][:, 0].tolist() for batch in taken.in_turn()] == [[40, 900]]


def test_memory_holds_the_buffer_alone(monkeypatch):
    allocated = []
    empty = np.empty
    monkeypatch.setattr("numpy.empty", lambda *args, **kw: allocated.append(made := empty(*args, **kw)) or made)
    list(loader(streamed(chunks_in_buffer=4)))
    assert sum(buffer.nbytes for buffer in allocated) <= 4 * 7 * N_COLUMNS * 4


def test_what_goes_wrong_while_reading_ahead_is_told():
    class Broken(Counted):
        def read(self, chunk, columns, out):
            if chunk == 9:
                raise OSError("cannot read")
            super().read(chunk, columns, out)

    with pytest.raises(OSError, match="cannot read"):
        list(loader(streamed(Broken())))
