import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from spectral_exp.dataset.axis import Axis
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.errors import UserError
from spectral_exp.report.run_files import N_RECORDS, RunFiles, find_runs
from spectral_exp.tracking.results import write_dataset
from spectral_exp.tracking.trace import TraceWriter


def test_every_part_is_read_from_its_file(run_folder: Path) -> None:
    run = RunFiles(run_folder)
    assert run.status["state"] == "done"
    assert run.metrics["test/accuracy"] == 0.9712
    assert [one.feature for one in run.ranking] == [2, 0, 3, 1]
    assert run.dataset.shape == (2, 2)
    assert run.dataset.is_image
    np.testing.assert_array_equal(run.dataset.true_strength, [0.5, 0.0, 1.0, 0.2])
    np.testing.assert_array_equal(run.history["train/loss"], [0.7, 0.3])
    np.testing.assert_array_equal(run.history["val/accuracy"], [np.nan, 0.97])
    assert run.masking_curve.metric == "accuracy"
    np.testing.assert_array_equal(run.masking_curve.n_kept, [1, 2, 4])
    np.testing.assert_array_equal(run.masking_curve.score, [0.6, 0.95, 0.97])
    np.testing.assert_array_equal(run.trace.step, [0, 10, 20, 30])
    assert run.path_curve is None


def test_a_long_trace_is_thinned_from_first_to_last(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "trace.arrows", 2)
    for step in range(2 * N_RECORDS):
        writer.append(step, 0, 0.0, np.ones(2, np.float32), np.ones(2, bool))
    writer.close()
    steps = RunFiles(tmp_path).trace.step
    assert len(steps) == N_RECORDS
    assert steps[0] == 0
    assert steps[-1] == 2 * N_RECORDS - 1


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("status", "status.json"),
        ("metrics", "metrics.json"),
        ("dataset", "dataset.json"),
        ("history", "metrics.csv"),
        ("path_curve", "metrics.csv"),
        ("masking_curve", "masking_curve.csv"),
    ],
)
def test_a_broken_file_is_named(run_folder: Path, part: str, name: str) -> None:
    path = run_folder / name
    path.write_bytes(b'{"name": 1, \xff\nword,other\n')
    with pytest.raises(UserError) as caught:
        getattr(RunFiles(run_folder), part)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ({"state": "running"}, "the run goes on"),
        ({"state": "interrupted"}, "spectral-train resume="),
        ({"state": "failed", "error": "UserError: no such column\nmore"}, "(UserError: no such column)"),
        ({"state": "done"}, "removed"),
    ],
)
def test_a_missing_ranking_is_explained_by_the_state(
    tmp_path: Path, make_run: Callable[..., Path], status: dict[str, str], told: str
) -> None:
    folder = make_run(tmp_path / "run", **status)
    (folder / "ranking.csv").unlink()
    with pytest.raises(UserError) as caught:
        _ = RunFiles(folder).ranking
    assert str(folder) in str(caught.value)
    assert "ranking.csv" in str(caught.value)
    assert told in str(caught.value)


def test_a_folder_that_is_none_of_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such folder"):
        _ = RunFiles(tmp_path / "nowhere").ranking
    with pytest.raises(UserError, match=r"is not a run folder: no status\.json"):
        _ = RunFiles(tmp_path).ranking
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="is a file"):
        _ = RunFiles(tmp_path / "file").ranking


def test_a_folder_of_runs_names_the_newest(tmp_path: Path, make_run: Callable[..., Path]) -> None:
    for age, name in enumerate(["d", "c", "b", "a"]):
        make_run(tmp_path / "runs" / "digits" / name)
        os.utime(tmp_path / "runs" / "digits" / name / "status.json", (1_000_000 - age, 1_000_000 - age))
    newest = tmp_path / "runs" / "digits" / "d"
    assert find_runs(tmp_path)[-1] == newest
    with pytest.raises(UserError) as caught:
        _ = RunFiles(tmp_path).ranking
    assert "holds 4 runs (runs/digits/d, runs/digits/c, runs/digits/b and 1 more)" in str(caught.value)
    assert str(caught.value).endswith(f"the newest is {newest}")


def test_reading_ranking_and_path_imports_nothing_heavy(run_folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from spectral_exp.report.run_files import RunFiles;"
        "run = RunFiles(Path(sys.argv[1])); run.ranking; run.path_curve;"
        "heavy = {'torch', 'numpy', 'pandas', 'pyarrow', 'matplotlib', 'pytorch_lightning'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code, str(run_folder)], check=True)


def test_an_axis_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    axis = Axis(np.array([400.0, 410.0]), "wavelength", "nm", {"line": 405.0}, means={"a": np.array([1.0, 2.0])})
    write_dataset(tmp_path, DatasetInfo("stars", "classification", ("x", "y"), (2,), ("a", "b"), axis=axis))
    back = RunFiles(tmp_path).dataset.axis
    assert back is not None
    assert back.to_plain() == axis.to_plain()
