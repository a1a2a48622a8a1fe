"""Promises of what checkpoints are written and read with."""

import pytest
import torch

from spectral_exp.tracking.checkpoint import read_checkpoint, save_tensors


@pytest.mark.parametrize("room", [500, 3000, 300_000])
def test_why_a_file_cannot_be_written_is_said_by_the_system(room, tmp_path):
    resource = pytest.importorskip("resource")
    before, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            save_tensors(tmp_path / "last.ckpt", {"weights": torch.zeros(100_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, hard))
    assert list(tmp_path.iterdir()) == []


def test_a_view_is_saved_without_the_rest(tmp_path):
    save_tensors(tmp_path / "last.ckpt", {"weights": torch.arange(100_000.0)[:3]})
    assert (tmp_path / "last.ckpt").stat().st_size < 10_000
    assert read_checkpoint(tmp_path / "last.ckpt")["weights"].tolist() == [0, 1, 2]
