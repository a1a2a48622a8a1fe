import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from spectral_exp.errors import UserError
from spectral_exp.tracking.trace import TraceReader, TraceWriter, read_trace

N_FEATURES = 11  # no multiple of 8: the mask's last byte is padded


def record(step: int) -> dict:
    random = np.random.default_rng(step)
    eigenvalues = random.normal(size=N_FEATURES).astype(np.float32)
    return {
        "step": step,
        "epoch": step // 10,
        "strength": 1e-3 * step,
        "eigenvalues": eigenvalues,
        "mask": eigenvalues > 0,
    }


def write(path: Path, steps: range, keep_until_step: int | None = None) -> None:
    writer = TraceWriter(path, N_FEATURES, keep_until_step)
    for step in steps:
        writer.append(**record(step))
    writer.close()


def assert_holds(path: Path, steps: range) -> None:
    trace = read_trace(path)
    assert trace.step.tolist() == list(steps)
    for row, step in enumerate(steps):
        expected = record(step)
        assert trace.epoch[row] == expected["epoch"]
        assert trace.strength[row] == expected["strength"]
        np.testing.assert_array_equal(trace.eigenvalues[row], expected["eigenvalues"])
        np.testing.assert_array_equal(trace.mask[row], expected["mask"])


def test_records_come_back_with_their_types(tmp_path):
    write(tmp_path / "trace.arrows", range(0, 40, 10))
    assert_holds(tmp_path / "trace.arrows", range(0, 40, 10))
    trace = read_trace(tmp_path / "trace.arrows")
    assert (trace.step.dtype, trace.epoch.dtype, trace.strength.dtype) == (np.int64, np.int64, np.float64)
    assert (trace.eigenvalues.dtype, trace.mask.dtype) == (np.float32, bool)
    assert trace.eigenvalues.shape == trace.mask.shape == (len(trace), N_FEATURES) == (4, N_FEATURES)


def test_records_outlive_the_file_they_were_read_from(tmp_path):
    write(tmp_path / "trace.arrows", range(3))
    trace = read_trace(tmp_path / "trace.arrows")
    (tmp_path / "trace.arrows").unlink()
    assert pickle.loads(pickle.dumps(trace)).step.tolist() == [0, 1, 2]
    trace.eigenvalues[0] = 0  # its own memory, so it can be written


def test_any_arrow_reader_opens_the_file(tmp_path):
    write(tmp_path / "trace.arrows", range(3))
    table = pa.ipc.open_stream((tmp_path / "trace.arrows").read_bytes()).read_all()
    assert table.column_names == ["step", "epoch", "strength", "eigenvalues", "mask"]
    assert table["mask"].to_pylist() == [record(step)["mask"].tolist() for step in range(3)]


def test_every_record_is_in_the_file_before_close(tmp_path):
    writer = TraceWriter(tmp_path / "trace.arrows", N_FEATURES)
    for step in range(3):
        writer.append(**record(step))
        assert_holds(tmp_path / "trace.arrows", range(step + 1))
    writer.close()


def test_every_record_takes_the_same_room(tmp_path):
    path, sizes = tmp_path / "trace.arrows", []
    writer = TraceWriter(path, N_FEATURES)
    for step in range(5):
        writer.append(**record(step))
        sizes.append(path.stat().st_size)
    writer.close()
    assert len(set(np.diff(sizes))) == 1


def test_a_file_cut_anywhere_gives_its_whole_records_and_can_be_resumed(tmp_path):
    write(tmp_path / "whole.arrows", range(3))
    whole = (tmp_path / "whole.arrows").read_bytes()
    write(tmp_path / "empty.arrows", range(0))
    ends = [(tmp_path / "empty.arrows").stat().st_size]
    ends += [ends[0] + (len(whole) - ends[0]) // 3 * n for n in (1, 2, 3)]
    for length in range(len(whole) + 1):
        cut = tmp_path / "cut.arrows"
        cut.write_bytes(whole[:length])
        n_whole = sum(length >= end for end in ends[1:])
        assert_holds(cut, range(n_whole))
        assert read_trace(cut).mask.shape == (n_whole, N_FEATURES if length >= ends[0] else 0)
        if length % 16 == 0 or length in ends:
            write(cut, range(n_whole, 3), keep_until_step=99)
            assert cut.read_bytes() == whole


@pytest.mark.parametrize("keep_until_step", [0, 3, 4, 9])
def test_a_resumed_trace_has_the_bytes_of_the_undisturbed_one(tmp_path, keep_until_step):
    write(tmp_path / "undisturbed.arrows", range(8))
    write(tmp_path / "resumed.arrows", range(6))
    n_kept = min(keep_until_step + 1, 6)
    write(tmp_path / "resumed.arrows", range(n_kept, 8), keep_until_step=keep_until_step)
    assert (tmp_path / "resumed.arrows").read_bytes() == (tmp_path / "undisturbed.arrows").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["resumed.arrows", "undisturbed.arrows"]


def test_resuming_without_an_old_trace_starts_one(tmp_path):
    write(tmp_path / "trace.arrows", range(2), keep_until_step=5)
    assert_holds(tmp_path / "trace.arrows", range(2))


def test_a_new_trace_replaces_the_old_one(tmp_path):
    write(tmp_path / "trace.arrows", range(5))
    write(tmp_path / "trace.arrows", range(2))
    assert_holds(tmp_path / "trace.arrows", range(2))


def test_reading_at_most_a_few_records_spreads_them_evenly(tmp_path):
    write(tmp_path / "trace.arrows", range(21))
    few = TraceReader(tmp_path / "trace.arrows").read(at_most=5)
    assert few.step.tolist() == [0, 5, 10, 15, 20]
    np.testing.assert_array_equal(few.eigenvalues, read_trace(tmp_path / "trace.arrows").eigenvalues[::5])


def test_a_reader_follows_the_run_and_looks_at_no_record_twice(tmp_path, monkeypatch):
    path, found, read_message = tmp_path / "trace.arrows", [], pa.ipc.read_message
    monkeypatch.setattr(pa.ipc, "read_message", lambda file: found.append(file.tell()) or read_message(file))
    writer = TraceWriter(path, N_FEATURES)
    for step in range(50):
        writer.append(**record(step))
    reader = TraceReader(path)
    assert len(reader.read()) == 50
    half = path.read_bytes()[-40:]
    for step in range(50, 53):
        writer.append(**record(step))
    with path.open("ab") as file:
        file.write(half)  # a record cut short
    found.clear()
    assert reader.read(at_most=2).step.tolist() == [0, 52]
    assert len(found) == 3 + 1 + 2  # the new ones, the torn one, and those that were asked for
    writer.close()


def test_a_reader_begins_anew_when_another_run_takes_the_place(tmp_path):
    write(tmp_path / "trace.arrows", range(6))
    reader = TraceReader(tmp_path / "trace.arrows")
    assert len(reader.read()) == 6
    write(tmp_path / "trace.arrows", range(3, 5), keep_until_step=2)  # resumed from an earlier step
    assert reader.read().step.tolist() == [0, 1, 2, 3, 4]
    write(tmp_path / "trace.arrows", range(9))
    assert len(reader.read()) == 9


def test_a_trace_of_other_data_is_not_resumed(tmp_path):
    write(tmp_path / "trace.arrows", range(2))
    with pytest.raises(UserError, match=r"trace\.arrows: has 11 inputs, this run 4"):
        TraceWriter(tmp_path / "trace.arrows", 4, keep_until_step=1)
    assert_holds(tmp_path / "trace.arrows", range(2))


def test_wrong_shapes_are_refused(tmp_path):
    writer = TraceWriter(tmp_path / "trace.arrows", N_FEATURES)
    with pytest.raises(ValueError, match=r"mask must have shape \(11,\), got \(12,\)"):
        writer.append(**{**record(0), "mask": np.ones(12, bool)})
    writer.close()
    assert len(read_trace(tmp_path / "trace.arrows")) == 0


def test_a_missing_trace_and_a_foreign_file_are_named(tmp_path):
    with pytest.raises(UserError, match=r"trace\.arrows: there is no trace"):
        read_trace(tmp_path / "trace.arrows")
    table = pa.table({"a": [1]})
    with pa.OSFile(str(tmp_path / "foreign.arrows"), "w") as file, pa.ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table)
    with pytest.raises(UserError, match=r"foreign\.arrows: not a trace of spectral_exp, its columns are a"):
        read_trace(tmp_path / "foreign.arrows")


def test_reading_a_trace_needs_no_torch():
    check = "import sys, spectral_exp.tracking.trace; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
