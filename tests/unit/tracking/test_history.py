import math

import numpy as np
import pandas as pd
import pytest

from spectral_exp.tracking.history import MetricsHistory, read_history


def row(epoch: int) -> dict[str, float]:
    return {"epoch": epoch, "step": 10 * epoch + 10, "train/loss": 1 / (epoch + 1), "val/größe": 0.1 * epoch}


def write(path, epochs, keep_until_epoch=None):
    history = MetricsHistory(path, keep_until_epoch)
    for epoch in epochs:
        history.append(row(epoch))
    history.close()


def test_rows_come_back_exactly(tmp_path):
    write(tmp_path / "metrics.csv", range(4))
    assert read_history(tmp_path / "metrics.csv") == [row(epoch) for epoch in range(4)]
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "metrics.csv"), pd.DataFrame([row(epoch) for epoch in range(4)])
    )


def test_every_row_is_in_the_file_before_close(tmp_path):
    history = MetricsHistory(tmp_path / "metrics.csv")
    assert read_history(tmp_path / "metrics.csv") == []
    history.append(row(0))
    assert read_history(tmp_path / "metrics.csv") == [row(0)]
    history.close()


def test_a_file_cut_anywhere_gives_its_whole_rows_and_can_be_resumed(tmp_path):
    write(tmp_path / "whole.csv", range(3))
    whole, cut = (tmp_path / "whole.csv").read_bytes(), tmp_path / "cut.csv"
    for length in range(len(whole) + 1):
        cut.write_bytes(whole[:length])
        n_whole = max(whole[:length].count(b"\n") - 1, 0)
        assert read_history(cut) == [row(epoch) for epoch in range(n_whole)]
        write(cut, range(n_whole, 3), keep_until_epoch=99)
        assert cut.read_bytes() == whole


def test_a_resumed_history_has_the_bytes_of_the_undisturbed_one(tmp_path):
    write(tmp_path / "undisturbed.csv", range(8))
    write(tmp_path / "resumed.csv", range(6))
    write(tmp_path / "resumed.csv", range(4, 8), keep_until_epoch=3)
    assert (tmp_path / "resumed.csv").read_bytes() == (tmp_path / "undisturbed.csv").read_bytes()


def test_a_new_history_replaces_the_old_one(tmp_path):
    write(tmp_path / "metrics.csv", range(5))
    write(tmp_path / "metrics.csv", range(2))
    assert len(read_history(tmp_path / "metrics.csv")) == 2


def test_values_may_be_numpy_not_finite_or_missing(tmp_path):
    history = MetricsHistory(tmp_path / "metrics.csv")
    history.append({"epoch": 0, "val/loss": np.float32(0.5), "val/r2": math.nan})
    history.append({"epoch": 1, "val/loss": math.inf})
    history.close()
    first, second = read_history(tmp_path / "metrics.csv")
    assert first["val/loss"] == 0.5
    assert math.isnan(first["val/r2"])
    assert second["val/loss"] == math.inf
    assert math.isnan(second["val/r2"])


def test_a_column_that_comes_late_is_refused(tmp_path):
    history = MetricsHistory(tmp_path / "metrics.csv")
    history.append({"epoch": 0})
    with pytest.raises(ValueError, match="val/loss"):
        history.append({"epoch": 1, "val/loss": 0.5})
    history.close()
