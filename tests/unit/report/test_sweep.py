import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from spectral_exp.errors import UserError
from spectral_exp.report.sweep import print_sweep, write_sweep_table


@pytest.fixture
def sweep_folder(tmp_path: Path, make_run: Callable[..., Path]) -> Path:
    """Three jobs: one done, one failed before its metrics, one that never started."""
    make_run(tmp_path / "10", overrides=["seed=1", "+model.width=8", "experiment=fast"])
    failed = make_run(
        tmp_path / "2", state="failed", error="UserError: first\nsecond", overrides=["seed=0", "experiment=fast"]
    )
    (failed / "metrics.json").unlink()
    (tmp_path / "11").mkdir()
    return tmp_path


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_there_is_one_row_per_job_in_the_order_of_their_numbers(sweep_folder: Path) -> None:
    path = write_sweep_table(sweep_folder)
    assert path == sweep_folder / "sweep.csv"
    failed, done, absent = _rows(path)
    assert [row["job"] for row in (failed, done, absent)] == ["2", "10", "11"]
    assert (failed["state"], failed["error"], failed["seed"]) == ("failed", "UserError: first", "0")
    assert failed["test/accuracy"] == ""
    assert (done["state"], done["seed"], done["model.width"], done["test/accuracy"]) == ("done", "1", "8", "0.9712")
    assert (done["n_selected"], done["seconds"]) == ("2", "1.5")
    assert absent["state"] == "not started"


def test_columns_run_from_the_overrides_to_the_scores(sweep_folder: Path) -> None:
    columns = list(_rows(write_sweep_table(sweep_folder))[0])
    assert columns == [
        *("job", "state", "seed", "experiment", "model.width"),
        *("test/accuracy", "test/loss", "val/accuracy"),
        *("n_features", "n_selected", "seconds", "error"),
    ]


def test_a_second_table_replaces_the_first(sweep_folder: Path) -> None:
    assert write_sweep_table(sweep_folder).read_bytes() == write_sweep_table(sweep_folder).read_bytes()
    assert sorted(path.name for path in sweep_folder.iterdir() if path.is_file()) == ["sweep.csv"]


def test_a_broken_job_takes_nothing_from_the_others(sweep_folder: Path) -> None:
    (sweep_folder / "2" / "status.json").write_text("{", encoding="utf-8")
    broken, done, _ = _rows(write_sweep_table(sweep_folder))
    assert broken["state"] == "broken"
    assert "status.json" in broken["error"]
    assert done["state"] == "done"


def test_the_printed_table_leaves_out_what_all_jobs_share(sweep_folder: Path, make_run: Callable[..., Path]) -> None:
    (sweep_folder / "11").rmdir()
    file = io.StringIO()
    print_sweep(sweep_folder, Console(file=file, width=120, highlight=False))
    header, *rows, _, error, path, page = file.getvalue().strip().splitlines()
    assert header.split() == ["job", "state", "seed", "width", "test/accuracy", "n_selected", "seconds"]
    assert error == "job 2: UserError: first"
    assert path == f"sweep    {(sweep_folder / 'sweep.csv').resolve()}"
    assert page == f"page     spectral-report {sweep_folder.resolve()}"
    assert rows[0].split() == ["2", "failed", "0", "1.5"]
    assert rows[1].split() == ["10", "done", "1", "8", "0.9712", "2", "1.5"]


def test_keys_are_whole_where_their_last_word_is_not_enough_and_equal_errors_stand_once(
    tmp_path: Path, make_run: Callable[..., Path]
) -> None:
    for job in "01":
        overrides = [f"model.width={job}", f"refit.width={job}"]
        make_run(tmp_path / job, state="failed", error="UserError: both", overrides=overrides)
    file = io.StringIO()
    print_sweep(tmp_path, Console(file=file, width=120, highlight=False))
    assert file.getvalue().split()[:4] == ["job", "state", "model.width", "refit.width"]
    assert "\njobs 0, 1: UserError: both\n" in file.getvalue()


def test_a_folder_without_jobs_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UserError, match="no job in it"):
            write_sweep_table(folder)
        assert not (folder / "sweep.csv").exists()


def test_overrides_with_an_equals_sign_in_their_value_stay_whole(tmp_path: Path, make_run: Callable[..., Path]) -> None:
    folder = make_run(tmp_path / "0", overrides=["dataset.target=a=b", "~logger"])
    assert json.loads((folder / "status.json").read_text(encoding="utf-8"))["state"] == "done"
    (row,) = _rows(write_sweep_table(tmp_path))
    assert row["dataset.target"] == "a=b"
    assert row["logger"] == ""
