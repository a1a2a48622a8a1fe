"""A history of metrics, made by hand."""

from pathlib import Path

import pytest


@pytest.fixture
def path_history(tmp_path: Path) -> Path:
    """The metrics of a run on whose way one of four inputs leaves, then another; written beside no run."""
    path = tmp_path / "history" / "metrics.csv"
    path.parent.mkdir()
    rows = [
        "epoch,step,spectral/n_kept,spectral/n_selected,train/loss,val/accuracy,val/loss",
        "0,10,4.0,4,0.7,0.99,0.6",
        "1,20,4.0,4,0.6,0.9,0.5",
        "2,30,3.0,3,0.5,0.5,0.9",
        "3,40,3.0,3,0.4,0.8,0.5",
        "4,50,2.0,2,0.4,0.75,0.6",
    ]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path
