"""A small run folder, made by hand."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spectral_exp.report.ranking import RankedFeature
from spectral_exp.tracking.trace import TraceWriter

NAMES = ["age", "income in $", "_private", "[red]height"]

# Most relevant first; the last two are dropped, one of them during training.
RANKING = [
    RankedFeature(1, 2, "_private", 2.0, -2.0, True, -1),
    RankedFeature(2, 0, "age", 1.5, 1.5, True, -1),
    RankedFeature(3, 3, "[red]height", 0.1, 0.1, False, -1),
    RankedFeature(4, 1, "income in $", 0.0, 0.0, False, 20),
]


def write_rows(path: Path, rows: list[list[Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def write_run(folder: Path, **status: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    dataset = {
        "name": "people",
        "task": "classification",
        "shape": [2, 2],
        "feature_names": NAMES,
        "class_names": ["no", "yes"],
        "true_strength": [0.5, 0.0, 1.0, 0.2],
    }
    metrics = {"test/accuracy": 0.9712, "test/loss": 0.1, "val/accuracy": 0.97, "n_features": 4, "n_selected": 2}
    status = {"state": "done", "error": None, "seconds": 1.5, "overrides": [], **status}
    for name, content in (("dataset", dataset), ("metrics", metrics), ("status", status)):
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    rows = [[*one[:5], str(one.selected).lower(), one.dropped_at_step] for one in RANKING]
    write_rows(folder / "ranking.csv", [list(RankedFeature._fields), *rows])
    write_rows(folder / "masking_curve.csv", [["n_kept", "accuracy"], [1, 0.6], [2, 0.95], [4, 0.97]])
    write_rows(
        folder / "metrics.csv",
        [
            ["epoch", "step", "train/loss", "val/loss", "val/accuracy", "spectral/n_selected"],
            [0, 10, 0.7, 0.6, "", 4],
            [1, 20, 0.3, 0.4, 0.97, 2],
        ],
    )
    writer = TraceWriter(folder / "trace.arrows", 4)
    for step, strength, eigenvalues in (
        (0, 0.0, [1.0, 1.0, -1.0, 1.0]),
        (10, 0.1, [1.2, 0.5, -1.5, 0.5]),
        (20, 0.1, [1.5, 0.0, -2.0, 0.1]),
        (30, 0.1, [1.5, 0.0, -2.0, 0.1]),
    ):
        values = np.array(eigenvalues, np.float32)
        writer.append(step, step // 10, strength, values, values != 0)
    writer.close()
    return folder


@pytest.fixture
def make_run() -> Callable[..., Path]:
    """Write a run folder; keywords go into its status."""
    return write_run


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    return write_run(tmp_path / "run")


@pytest.fixture
def ranking() -> list[RankedFeature]:
    return list(RANKING)
