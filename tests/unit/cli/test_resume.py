import json
from pathlib import Path

import pytest

from spectral_exp.cli.resume import resume_arguments
from spectral_exp.errors import UserError
from spectral_exp.tracking.sweep_record import SweepRecord


@pytest.fixture
def run_folder(tmp_path):
    def make(*overrides):
        (tmp_path / "config.yaml").write_text("{}")
        (tmp_path / "status.json").write_text(json.dumps({"overrides": list(overrides)}))
        return tmp_path

    return make


def test_earlier_overrides_come_first_so_that_new_ones_win(run_folder):
    folder = run_folder("seed=3", "trainer.max_epochs=5", "resume=elsewhere")
    arguments = resume_arguments(["--config-dir", "/own", f"resume={folder}", "trainer.max_epochs=9"])
    assert arguments == [
        *("--config-dir", "/own", "seed=3", "trainer.max_epochs=5", "trainer.max_epochs=9"),
        *(f"resume='{folder}'", f"hydra.run.dir='{folder}'"),
    ]


@pytest.fixture
def started_elsewhere(run_folder, tmp_path):
    """A run that was started in another folder, with configs of its own."""
    start = tmp_path / "start"
    (tmp_path / ".hydra").mkdir()
    start.mkdir()
    sources = [{"path": str(tmp_path / "mine"), "schema": "file", "provider": "command-line"}]
    hydra = {"hydra": {"runtime": {"cwd": str(start), "config_sources": sources}}}
    (tmp_path / ".hydra" / "hydra.yaml").write_text(json.dumps(hydra))
    return run_folder("dataset=mine")


def test_configs_that_a_run_was_started_with_are_asked_for_by_name(started_elsewhere, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="started with configs of its own; add --config-dir mine"):
        resume_arguments([f"resume={started_elsewhere}"])


@pytest.mark.parametrize("option", [["--config-dir", "mine"], ["--config-dir=mine"]])
def test_a_run_goes_on_where_its_paths_hold(started_elsewhere, tmp_path, monkeypatch, option):
    monkeypatch.chdir(tmp_path)
    arguments = resume_arguments([*option, f"resume={started_elsewhere}"])
    assert Path.cwd() == tmp_path / "start"
    assert "=".join(arguments[: len(option)]) == f"--config-dir={tmp_path / 'mine'}"


def test_without_resume_nothing_changes():
    assert resume_arguments(["seed=1", "resume=null"]) == ["seed=1", "resume=null"]


@pytest.mark.parametrize("planted", ["+hydra.callbacks.x={_target_:os.getcwd}", "--config-dir=evil", "hydra.run.dir=x"])
def test_what_no_run_writes_into_its_status_is_refused(run_folder, planted):
    with pytest.raises(UserError, match="no setting of a run"):
        resume_arguments([f"resume={run_folder('seed=1', planted)}"])


@pytest.mark.parametrize("status", ['{"overrides": ["se', "{}", "[]"])
def test_a_status_that_is_not_whole_is_named(run_folder, status):
    folder = run_folder()
    (folder / "status.json").write_text(status)
    with pytest.raises(UserError, match=r"status\.json cannot be read \(.+\); it was edited or cut short"):
        resume_arguments([f"resume={folder}"])


@pytest.fixture
def sweep_folder(tmp_path):
    def make(*overrides):
        SweepRecord(list(overrides)).write(tmp_path)
        return tmp_path

    return make


def test_a_sweep_goes_on_as_it_was_in_its_folder(sweep_folder):
    folder = sweep_folder("seed=0,1", "hydra.launcher.n_jobs=2", "hydra.sweep.dir=old", "hydra.verbose=true")
    arguments = resume_arguments(["-m", f"resume={folder}", "hydra.launcher.n_jobs=4"])
    assert arguments == [
        *("-m", "seed=0,1", "hydra.launcher.n_jobs=2", "hydra.launcher.n_jobs=4"),
        f"hydra.sweep.dir='{folder}'",
    ]


def test_what_a_sweep_does_cannot_be_changed_when_it_goes_on(sweep_folder):
    with pytest.raises(UserError, match="seed=2: a sweep goes on as it was"):
        resume_arguments(["-m", f"resume={sweep_folder('seed=0,1')}", "seed=2"])


@pytest.mark.parametrize(
    "planted", ["hydra.callbacks.x={_target_:os.getcwd}", "hydra.launcher._target_=os.getcwd", "hydra.sweep.dir=x"]
)
def test_hydras_own_settings_of_somebodys_sweep_are_not_obeyed(sweep_folder, planted):
    folder = sweep_folder("seed=0,1", planted)
    assert resume_arguments(["-m", f"resume={folder}"]) == ["-m", "seed=0,1", f"hydra.sweep.dir='{folder}'"]


def test_runs_and_sweeps_are_told_apart(run_folder, sweep_folder):
    with pytest.raises(UserError, match="not the folder of a sweep"):
        resume_arguments(["-m", f"resume={run_folder('seed=1')}"])
    with pytest.raises(UserError, match="the folder of a sweep; add -m"):
        resume_arguments([f"resume={sweep_folder('seed=1')}"])
