import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spectral_exp.errors import UserError
from spectral_exp.report.aggregate import problems
from spectral_exp.report.answer import answer
from spectral_exp.report.collect import collect, runs_table, write_table
from spectral_exp.tracking.run_folder import DATASET, MASKING_CURVE, METRICS, RANKING, STATUS


@pytest.fixture
def outputs(tmp_path: Path, make_run: Callable[..., Path]) -> Path:
    """A sweep with a run of every fate, and a run elsewhere."""
    sweep = tmp_path / "sweeps" / "people" / "today"
    for job, seed in (("2", 0), ("10", 1)):
        make_run(sweep / job, overrides=[f"seed={seed}", "size=tiny"])
    failed = make_run(sweep / "3", state="failed", error="RuntimeError: no memory\nsecond", overrides=["seed=2"])
    for name in (METRICS, RANKING, MASKING_CURVE, DATASET):
        (failed / name).unlink()
    make_run(sweep / "4", state="running", overrides=["seed=3"])
    (make_run(sweep / "5") / STATUS).write_text("{half", encoding="utf-8")
    ranking = make_run(sweep / "6") / RANKING
    ranking.write_text(ranking.read_text(encoding="utf-8")[:-8], encoding="utf-8")
    (sweep / "7").mkdir()
    make_run(tmp_path / "runs" / "people" / "yesterday")
    return tmp_path


def test_every_run_has_a_row_whatever_became_of_it(outputs: Path) -> None:
    runs = collect(outputs)
    sweep = "sweeps/people/today"
    assert {run.name: run.row["state"] for run in runs} == {
        "runs/people/yesterday": "done",
        f"{sweep}/2": "done",
        f"{sweep}/3": "failed",
        f"{sweep}/4": "running",
        f"{sweep}/5": "broken",
        f"{sweep}/6": "broken",
        f"{sweep}/7": "not started",
        f"{sweep}/10": "done",
    }
    assert [run.name for run in runs][-1] == f"{sweep}/10"  # 2 before 10
    assert [run.is_done for run in runs] == [True, True, False, False, False, False, False, True]


def test_the_table_is_tidy_and_tells_the_first_line_of_a_failure(outputs: Path) -> None:
    table = runs_table(collect(outputs)).set_index("run")
    done, failed = table.loc["sweeps/people/today/2"], table.loc["sweeps/people/today/3"]
    assert (done["seed"], done["size"], done["test/accuracy"], done["n_selected"]) == ("0", "tiny", 0.9712, 2)
    assert done["test/accuracy_with_selected"] == 0.95  # the masking curve at 2 inputs
    assert failed["error"] == "RuntimeError: no memory"
    assert pd.isna(failed["test/accuracy"])
    assert "line" in table.loc["sweeps/people/today/6", "error"]
    assert STATUS in table.loc["sweeps/people/today/5", "error"]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_table_comes_back_from_its_file(outputs: Path, suffix: str) -> None:
    table = runs_table(collect(outputs))
    path = outputs / f"runs.{suffix}"
    write_table(table, path)
    back = pd.read_csv(path, dtype={"seed": str}) if suffix == "csv" else pd.read_parquet(path)
    assert list(back.columns) == list(table.columns)
    assert back["test/accuracy"].equals(table["test/accuracy"])
    assert back["run"].tolist() == table["run"].tolist()


def test_arrays_stand_in_the_order_of_the_data(outputs: Path) -> None:
    inputs = collect(outputs)[0].inputs
    assert inputs is not None
    assert inputs.info.feature_names == ("age", "income in $", "_private", "[red]height")
    assert inputs.rank.tolist() == [2, 4, 1, 3]
    assert inputs.relevance.tolist() == [1.5, 0.0, 2.0, 0.1]
    assert inputs.is_selected.tolist() == [True, False, True, False]
    assert inputs.is_in_net.tolist() == [True, False, True, True]
    assert not inputs.is_net_of_selected  # [red]height is in the net, and not selected


def test_the_final_scores_of_a_refitted_run_are_those_of_its_selected_inputs(run_folder: Path) -> None:
    path = run_folder / METRICS
    metrics = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**metrics, "refit_epochs": 4}), encoding="utf-8")
    (run,) = collect(run_folder)
    assert run.inputs is not None
    assert run.inputs.is_net_of_selected
    assert run.number("test/accuracy_with_selected") == run.number("test/accuracy") == 0.9712
    (problem,) = problems([run])
    said = answer(problem)
    assert said is not None
    assert not any("without retraining" in note for note in said.notes)


def test_a_single_run_is_collected_from_its_own_folder(run_folder: Path) -> None:
    (run,) = collect(run_folder)
    assert run.name == run_folder.name
    assert run.is_done


def test_the_configuration_is_what_was_asked_for_besides_seed_and_places(
    tmp_path: Path, make_run: Callable[..., Path]
) -> None:
    make_run(tmp_path / "0", overrides=["seed=0", "outputs=here", "size=tiny"])
    make_run(tmp_path / "1", overrides=["size=tiny", "seed=1"])
    first, second = collect(tmp_path)
    assert first.configuration == second.configuration == (("size", "tiny"),)


def test_a_ranking_of_other_inputs_is_told_and_not_believed(run_folder: Path) -> None:
    path = run_folder / DATASET
    info = json.loads(path.read_text(encoding="utf-8"))
    info["feature_names"] = info["feature_names"][:3]
    path.write_text(json.dumps(info), encoding="utf-8")
    (run,) = collect(run_folder)
    assert run.row["state"] == "broken"
    assert "files are of different runs" in str(run.row["error"])


def test_the_seed_is_known_without_an_override(run_folder: Path) -> None:
    path = run_folder / METRICS
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), "seed": 7}), encoding="utf-8")
    assert collect(run_folder)[0].row["seed"] == "7"


def test_a_folder_without_runs_is_refused_in_one_line(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UserError, match="give the folder of a run or of a sweep") as caught:
            collect(folder)
        assert "\n" not in str(caught.value)


def test_numbers_that_are_none_are_nan(outputs: Path) -> None:
    run = next(run for run in collect(outputs) if run.row["state"] == "failed")
    assert np.isnan(run.number("test/accuracy"))
