"""Two processes that train together say what one says."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

COMMAND = [str(Path(sys.executable).with_name("spectral-train")), "experiment=quickstart", "trainer.max_epochs=3"]


def ranking_of(folder):
    with (folder / "ranking.csv").open() as file:
        return list(csv.DictReader(file))


def test_they_leave_one_folder_with_the_ranking_of_a_single_process(tmp_path):
    for folder, overrides in {"one": [], "two": ["+trainer.strategy=ddp", "trainer.devices=2"]}.items():
        subprocess.run([*COMMAND, *overrides, f"hydra.run.dir={folder}"], cwd=tmp_path, check=True, timeout=300)
    one, two = (ranking_of(tmp_path / folder) for folder in ("one", "two"))
    assert [row["feature"] for row in two[:20]] == [row["feature"] for row in one[:20]]
    for of_one, of_two in zip(one, two, strict=True):
        assert float(of_two["relevance"]) == pytest.approx(float(of_one["relevance"]), abs=1e-4)
    scores = [
        json.loads((tmp_path / folder / "metrics.json").read_text())["test/accuracy"] for folder in ("one", "two")
    ]
    assert scores[0] == pytest.approx(scores[1], abs=1e-6)
    assert json.loads((tmp_path / "two" / "status.json").read_text())["state"] == "done"
