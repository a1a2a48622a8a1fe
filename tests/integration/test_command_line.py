"""What `spectral-train` answers: exit codes, one line on stderr, and what it leaves in its folders."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest
import torch

SCRIPT = Path(sysconfig.get_path("scripts")) / "spectral-train"
ONE_STEP = ("experiment=quickstart", "debug=one_step")


def status_of(folder):
    return json.loads((folder / "status.json").read_text())


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_help_comes_at_once_and_needs_no_torch():
    command = [sys.executable, "-X", "importtime", SCRIPT, "--help"]
    before = os.times()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    after = os.times()
    assert "experiment=quickstart" in done.stdout
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "spectral_exp.cli.train" in imported
    assert not {"torch", "pytorch_lightning", "pandas", "matplotlib"} & imported
    assert after.children_user + after.children_system - before.children_user - before.children_system < 1


def test_a_run_prints_its_summary_and_leaves_figures(train, tmp_path):
    answer = train(*ONE_STEP)
    assert answer.code == 0
    (folder,) = (tmp_path / "outputs/runs/quickstart").iterdir()
    assert status_of(folder)["state"] == "done"
    assert status_of(folder)["overrides"] == list(ONE_STEP)
    assert sorted(path.name for path in (folder / "figures").glob("rel*")) == ["relevance.png", "relevance_map.png"]
    shown = f"outputs/runs/quickstart/{folder.name}"
    assert "test accuracy" in answer.out and "of 64" in answer.out
    assert f"spectral-rank {shown}" in answer.out
    assert shown in answer.err, "where everything goes is said before training"


TABLE = "a,b,label\n" + "".join(f"{row},{row % 7},{row % 2}\n" for row in range(40))


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["regularization.strength=-1"], "Error: regularization: strength must be >= 0, got -1"),
        (["batch_size=many"], "Error: batch_size: input should be a valid integer, got 'many'"),
        (["optimizer.lr=fast"], "Error: optimizer.lr must be a number, got 'fast'"),
        (
            ["selection=top_k", "selection.k=65"],
            "Error: selection.k must be at most the number of inputs (64), got 65",
        ),
        (
            ["dataset=tabular", "dataset.path=none.csv", "dataset.target=label"],
            "Error: none.csv does not exist: check dataset.path (seen from {cwd})",
        ),
        (
            ["dataset=tabular", "dataset.path=table.csv", "dataset.target=lable"],
            "Error: dataset.target: table.csv has no column 'lable'; did you mean 'label'?",
        ),
        (
            ["hydra.run.dir=table.csv/x"],
            "Error: table.csv/x: the run folder cannot be made (Not a directory); name another with outputs=FOLDER",
        ),
        (["resume=table.csv"], "Error: resume=table.csv: not a run folder (no config.yaml and status.json in it)"),
        (["datset=mnist"], "Error: datset=mnist: unknown key datset; did you mean dataset?"),
        (
            ["model.basis=square"],
            "Error: model.basis=square: model.basis holds several keys; to choose options, write model/basis=[square]",
        ),
        (["+optimizer.betas=[0.9,2.0]"], "Error: optimizer: Invalid beta parameter at index 1: 2.0"),
        (["+optimizer.betas=[0.9,x]"], "Error: optimizer.betas must be a list, each a number, got [0.9, 'x']"),
    ],
)
def test_what_cannot_work_is_refused_in_one_line_and_exits_with_2(train, tmp_path, arguments, line):
    (tmp_path / "table.csv").write_text(TABLE)
    answer = train("trainer=cpu", *arguments)
    assert answer.code == 2
    assert answer.error == line.format(cwd=tmp_path)
    assert answer.out == ""


def test_an_output_folder_that_cannot_be_made_is_named(train, tmp_path):
    (tmp_path / "file").touch()
    answer = train(*ONE_STEP, "outputs=file/x")
    assert answer.code == 2
    assert answer.error.startswith("Error: file/x/runs/quickstart/20")
    assert answer.error.endswith(": the run folder cannot be made (Not a directory); name another with outputs=FOLDER")
    answer = train("-m", *ONE_STEP, "outputs=file/x")
    assert answer.code == 2
    assert "file/x/sweeps/quickstart/20" in answer.error and "name another with outputs=FOLDER" in answer.error


def test_the_full_error_is_shown_on_request(train):
    answer = train(*ONE_STEP, "regularization.strength=-1", full_error=True)
    assert answer.code == 2
    assert "Traceback (most recent call last)" in answer.err
    assert answer.err.splitlines()[-1] == "Error: regularization: strength must be >= 0, got -1"


def test_a_loss_that_diverges_names_the_step_and_keeps_the_last_good_checkpoint(train, tmp_path):
    one_step_an_epoch = ["trainer.max_epochs=9", "+trainer.limit_train_batches=1", "hydra.run.dir=run"]
    too_fast = ["optimizer=sgd", "optimizer.lr=1e3", "regularization.strength=0"]
    answer = train("experiment=quickstart", *one_step_an_epoch, *too_fast)
    assert answer.code == 1
    message, folder = answer.err.splitlines()[-1], tmp_path / "run"
    assert message.startswith("Failed: the loss became NaN or infinite at step ")
    assert "optimizer.lr" in message and message.endswith("(HYDRA_FULL_ERROR=1 shows the stack trace)")
    status = status_of(folder)
    assert status["state"] == "failed"
    assert status["error"].removeprefix("TrainingDivergedError: ") in message
    assert "TrainingDivergedError" in (folder / "traceback.txt").read_text()
    losses = [float(row["val/loss"]) for row in rows_of(folder / "metrics.csv")]
    assert losses and all(loss < float("inf") for loss in losses)
    kept = torch.load(folder / "checkpoints/last.ckpt", weights_only=True)
    assert kept["epoch"] == len(losses) - 1, "an epoch whose validation is not finite leaves no checkpoint"
    step = int(message.partition("at step ")[2].partition(";")[0])
    assert step - kept["global_step"] in (0, 1)
    assert all(torch.isfinite(value).all() for value in kept["state_dict"].values())


def test_a_checkpoint_cut_short_is_named(train, finished_run, tmp_path):
    shutil.copytree(finished_run, tmp_path / "run")
    last = tmp_path / "run/checkpoints/last.ckpt"
    last.write_bytes(last.read_bytes()[:1000])
    answer = train("resume=run")
    assert answer.code == 2
    assert answer.err.splitlines()[-1].startswith(f"Error: {last}: not a whole checkpoint")


@pytest.mark.usefixtures("without_figures")
def test_a_sweep_over_data_sets_is_one_folder_with_a_table(train, tmp_path):
    answer = train(
        *("-m", "hydra/launcher=basic", "dataset=digits,gaussian_independent", "seed=3"),
        *("size=tiny", "trainer=cpu", "debug=one_step"),
    )
    assert answer.code == 0
    (sweep,) = (tmp_path / "outputs/sweeps/sweep").iterdir()
    assert {path.name for path in sweep.iterdir() if path.is_dir()} == {"0", "1"}
    digits, gaussian = rows_of(sweep / "sweep.csv")
    assert (digits["job"], digits["dataset"], digits["seed"]) == ("0", "digits", "3")
    assert (gaussian["job"], gaussian["dataset"], gaussian["seed"]) == ("1", "gaussian_independent", "3")
    for row in (digits, gaussian):
        metrics = json.loads((sweep / row["job"] / "metrics.json").read_text())
        assert row["state"] == "done"
        assert float(row["test/accuracy"]) == metrics["test/accuracy"]
        assert float(row["val/loss"]) == metrics["val/loss"]
        assert (int(row["n_features"]), int(row["n_selected"])) == (metrics["n_features"], metrics["n_selected"])
    assert (digits["n_features"], gaussian["n_features"]) == ("64", "20")
    assert f"outputs/sweeps/sweep/{sweep.name}/sweep.csv" in answer.out


@pytest.mark.usefixtures("without_figures")
def test_a_job_that_fails_leaves_the_rest_of_its_sweep_alone(train, tmp_path):
    answer = train("-m", "hydra/launcher=basic", *ONE_STEP, "selection=top_k", "selection.k=65,5")
    message = "selection.k must be at most the number of inputs (64), got 65"
    assert answer.code == 2
    assert answer.err.splitlines()[-1] == f"Error: {message}"
    (sweep,) = (tmp_path / "outputs/sweeps/quickstart").iterdir()
    failed, done = rows_of(sweep / "sweep.csv")
    assert (failed["selection.k"], failed["state"], failed["error"]) == ("65", "failed", f"UserError: {message}")
    assert (done["selection.k"], done["state"], done["n_selected"]) == ("5", "done", "5")
    assert "Traceback" not in answer.err


@pytest.mark.usefixtures("without_figures")
def test_a_users_own_experiment_is_found_in_a_folder_of_theirs(train, tmp_path):
    (tmp_path / "mine/experiment").mkdir(parents=True)
    (tmp_path / "mine/experiment/own.yaml").write_text(
        "# @package _global_\ndefaults:\n  - override /dataset: digits\n  - override /size: tiny\n"
        "name: own\nbatch_size: 17\ntrainer:\n  max_epochs: 1\n"
    )
    answer = train("--config-dir", "mine", "experiment=own", "trainer=cpu", "+trainer.limit_train_batches=1")
    assert answer.code == 0
    (folder,) = (tmp_path / "outputs/runs/own").iterdir()
    assert "batch_size: 17" in (folder / "config.yaml").read_text()
    answer = train("--config-dir", "mine", "experiment=owm")
    assert answer.code == 2
    assert answer.error.endswith("did you mean experiment=own?")


def test_a_run_that_is_interrupted_before_it_began_offers_nothing_to_go_on_with(train, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("spectral_exp.run.run", interrupt)
    answer = train(*ONE_STEP, "hydra.run.dir=run")
    assert (answer.code, answer.error) == (130, "Interrupted")
    assert train("resume=run").code == 2


@pytest.mark.usefixtures("without_figures")
@pytest.mark.parametrize("asked_by", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_an_interrupted_run_says_so_and_can_be_resumed(train, tmp_path, asked_by):
    folder = tmp_path / "run"
    command = [SCRIPT, "experiment=quickstart", "trainer.max_epochs=100000", "hydra.run.dir=run"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        try:
            while not (folder / "checkpoints/last.ckpt").exists():
                assert process.poll() is None
                time.sleep(0.05)
            process.send_signal(asked_by)
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert err.splitlines()[-1] == "Interrupted; go on with: spectral-train resume=run"
    assert "Traceback" not in err
    assert status_of(folder)["state"] == "interrupted"
    done = len(rows_of(folder / "metrics.csv"))
    answer = train("resume=run", f"trainer.max_epochs={done + 1}")
    assert answer.code == 0, answer.err
    assert status_of(folder)["state"] == "done"
    assert [int(row["epoch"]) for row in rows_of(folder / "metrics.csv")] == list(range(done + 1))
    assert len(rows_of(folder / "ranking.csv")) == 64
