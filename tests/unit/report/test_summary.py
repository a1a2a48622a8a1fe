import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from spectral_exp.errors import UserError
from spectral_exp.report.summary import print_summary


def _printed(folder: Path, width: int = 80) -> str:
    file = io.StringIO()
    print_summary(folder, Console(file=file, width=width, highlight=False))
    return file.getvalue()


def test_it_tells_score_inputs_kept_ranking_and_paths(
    run_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (run_folder / "figures").mkdir()
    monkeypatch.chdir(tmp_path)
    lines = _printed(run_folder).splitlines()
    assert any(line.split() == ["test", "accuracy", "0.9712"] for line in lines)
    assert any(line.split() == ["inputs", "kept", "2", "of", "4"] for line in lines)
    first = next(line for line in lines if "_private" in line)
    assert "█" in first
    assert any("[red]height" in line for line in lines)
    assert lines[-5:] == [
        f"ranking  {Path('run/ranking.csv')}",
        f"figures  {Path('run/figures')}",
        "run      run",
        "more     spectral-rank run",
        "page     spectral-report run",
    ]
    assert len(lines) < 24


def test_paths_outside_the_working_folder_are_whole_and_on_one_line(run_folder: Path) -> None:
    assert f"run      {run_folder.resolve()}\n" in _printed(run_folder, width=40)


def test_regression_tells_error_and_explained_variance(run_folder: Path) -> None:
    (run_folder / "metrics.json").write_text(json.dumps({"test/mae": 0.25, "test/r2": 0.8}), encoding="utf-8")
    text = _printed(run_folder)
    assert "test mean absolute error  0.25" in text
    assert "test R²" in text
    assert "accuracy" not in text


def test_into_a_file_it_writes_no_colours(run_folder: Path) -> None:
    assert "\x1b" not in _printed(run_folder)


def test_a_run_without_metrics_is_named(run_folder: Path) -> None:
    (run_folder / "metrics.json").unlink()
    with pytest.raises(UserError, match=r"metrics\.json"):
        _printed(run_folder)


def test_inputs_of_a_group_share_a_row(run_folder: Path) -> None:
    dataset = json.loads((run_folder / "dataset.json").read_text(encoding="utf-8"))
    dataset["groups"] = ["body", "income in $", "_private", "body"]
    (run_folder / "dataset.json").write_text(json.dumps(dataset), encoding="utf-8")
    text = _printed(run_folder)
    rows = [line.split() for line in text[text.index("rank") :].splitlines()[1:4]]
    assert [row[:2] for row in rows] == [["1", "_private"], ["2", "body"], ["4", "income"]]
    assert "body (2 inputs)" in text and "height" not in text
