import json
import sys
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser

from spectral_exp.cli.composition import options_again
from spectral_exp.sweep.command import job_command, program
from spectral_exp.sweep.job import Job


def test_a_job_is_a_single_run_in_its_own_folder(tmp_path):
    job = Job(7, ("seed=1", "size=tiny"), tmp_path / "7")
    command = job_command(["spectral-train", "--config-dir", "mine"], job, tmp_path)
    assert command[:5] == ["spectral-train", "--config-dir", "mine", "seed=1", "size=tiny"]
    parsed = {one.key_or_group: one.value() for one in OverridesParser.create().parse_overrides(command[3:])}
    assert parsed["hydra.run.dir"] == str(tmp_path / "7")
    assert parsed["hydra.sweep.dir"] == str(tmp_path), "by which dashboards group the jobs"
    assert (parsed["hydra.mode"], parsed["hydra.job.num"]) == ("RUN", 7)


def test_what_is_about_the_sweep_does_not_reach_the_job():
    hydra = ["hydra.mode=MULTIRUN", "hydra.sweep.dir=x", "hydra.sweeper.n_trials=3", "hydra/launcher=process"]
    hydra += ["hydra/sweeper=grid", "hydra.launcher.n_jobs=2", "hydra.run.dir=y", "hydra.verbose=true"]
    command = job_command([], Job(0, (), Path("/a/0")), Path("/a"), hydra)
    assert [text for text in command if text in hydra] == ["hydra.verbose=true"]


def test_a_job_that_was_begun_goes_on(tmp_path):
    (tmp_path / "config.yaml").write_text("{}")
    job = Job(0, ("seed=1",), tmp_path)
    assert "seed=1" in job_command([], job, tmp_path), "nothing says what it was asked for"
    (tmp_path / "status.json").write_text(json.dumps({"overrides": ["seed=1"]}))
    command = job_command([], job, tmp_path)
    assert f"resume='{tmp_path}'" in command
    assert "seed=1" not in command, "resume= knows it"


def test_the_program_is_started_as_it_was(tmp_path):
    script = tmp_path / "spectral-train"
    assert program(str(script)) == [sys.executable, "-m", "spectral_exp.cli.train"]
    script.touch()
    assert program(str(script)) == [sys.executable, str(script)]


def test_options_that_say_where_configs_are_come_along():
    assert options_again(["seed=0,1", "-m", "--config-dir", "mine", "-cn", "other"]) == [
        *("--config-name", "other", "--config-dir", "mine")
    ]
