"""Promises of what checkpoints are written and read with."""

from pathlib import Path

import pytest
import torch

from spectral_exp.tracking.checkpoint import read_checkpoint, save_tensors


def test_a_full_disk_is_called_that(monkeypatch, tmp_path):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    monkeypatch.setattr("spectral_exp.tracking.checkpoint.write_whole", lambda path, write: write(full))
    with pytest.raises(OSError, match="No space left on device"):
        save_tensors(tmp_path / "last.ckpt", {"weights": torch.zeros(100_000)})


def test_a_view_is_saved_without_the_rest(tmp_path):
    save_tensors(tmp_path / "last.ckpt", {"weights": torch.arange(100_000.0)[:3]})
    assert (tmp_path / "last.ckpt").stat().st_size < 10_000
    assert read_checkpoint(tmp_path / "last.ckpt")["weights"].tolist() == [0, 1, 2]
