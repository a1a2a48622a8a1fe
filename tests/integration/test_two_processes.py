"""Two processes that train together say what one says."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from spectral_exp.errors import UserError

QUICK = ("experiment=quickstart", "trainer.max_epochs=4", "batch_size=31")  # which two processes cannot share evenly
TWO = "trainer=ddp_cpu"


def ranking_of(folder):
    with (folder / "ranking.csv").open() as file:
        return list(csv.DictReader(file))


def metrics_of(folder):
    return json.loads((folder / "metrics.json").read_text())


def check_same(one, two):
    """The ranking, every number in it and in the history, the weights and the scores."""
    for of_one, of_two in zip(ranking_of(one), ranking_of(two), strict=True):
        for column, value in of_one.items():
            if column in ("relevance", "eigenvalue"):
                assert float(of_two[column]) == pytest.approx(float(value), abs=1e-4)
            else:
                assert of_two[column] == value
    for name, value in metrics_of(one).items():
        if isinstance(value, float) and not name.endswith("seconds"):
            assert metrics_of(two)[name] == pytest.approx(value, abs=1e-4), name
        elif not isinstance(value, float):
            assert metrics_of(two)[name] == value, name
    weights = [torch.load(folder / "checkpoints" / "last.ckpt")["state_dict"] for folder in (one, two)]
    for name, value in weights[0].items():
        torch.testing.assert_close(weights[1][name], value, atol=1e-4, rtol=1e-3)
    assert {path.name for path in two.iterdir()} == {path.name for path in one.iterdir()}
    assert json.loads((two / "status.json").read_text())["state"] == "done"


def test_inputs_leave_as_in_one_process(run_here):
    path = (*QUICK, "regularization=path", "selection=nonzero")
    check_same(run_here(*path, folder="one"), run_here(*path, TWO, folder="two"))


PATH = ("regularization=path", "trainer.max_epochs=10")


@pytest.mark.slow
@pytest.mark.parametrize(
    "overrides",
    [
        (),
        (*PATH, "+trainer.accumulate_grad_batches=2", "+trainer.gradient_clip_val=0.5"),
        (*PATH, "selection=one_se", "refit.epochs=2"),
        (*PATH, "selection=one_se", "selection.folds=3"),
        ("regularization=group", "regularization.strength=3e-2", "model.gauge=unit", "selection=nonzero"),
        ("target.k=20", "target.max_runs=3"),
        ("callbacks=early_stopping", "callbacks.early_stopping.patience=1", "callbacks.early_stopping.min_delta=9"),
        ("final_weights=best", "seed=1"),
        ("model=dense_mlp", "regularization.strength=0"),
    ],
    ids=["l1", "path", "refit", "folds", "group", "target", "early_stopping", "best", "dense"],
)
def test_everything_else_is_as_in_one_process_too(run_here, overrides):
    check_same(run_here(*QUICK, *overrides, folder="one"), run_here(*QUICK, *overrides, TWO, folder="two"))


FSDP = ("trainer=fsdp", "trainer.accelerator=cpu", "trainer.devices=2")


@pytest.mark.slow
@pytest.mark.parametrize(
    "overrides",
    [
        ("final_weights=best",),
        ("regularization=group", "regularization.strength=3e-2", "model.gauge=unit", "refit.epochs=2"),
        ("model.spectral_layers=all", "model.gauge=unit", "model.train_output_eigenvalues=true"),
    ],
    ids=["best", "group", "spectral"],
)
def test_a_shared_out_head_is_as_a_whole_one(run_here, overrides):
    small = (*QUICK, "size=small", *overrides)
    check_same(run_here(*small, folder="one"), run_here(*small, *FSDP, folder="two"))


@pytest.mark.slow
@pytest.mark.parametrize("devices", [("regularization=path", TWO), FSDP], ids=["path", "fsdp"])
def test_a_run_that_stops_goes_on_as_if_nothing_had_happened(run_here, tmp_path, monkeypatch, devices):
    from spectral_exp.module.spectral_module import SpectralModule

    overrides = (*QUICK, *devices, "trainer.max_epochs=6")
    straight = run_here(*overrides, folder="straight")
    started = SpectralModule.on_train_epoch_start

    def stop_at_three(self):
        if self.current_epoch == 3:
            raise KeyboardInterrupt
        started(self)

    monkeypatch.setattr(SpectralModule, "on_train_epoch_start", stop_at_three)
    with pytest.raises(KeyboardInterrupt):
        run_here(*overrides)
    monkeypatch.undo()
    resumed = run_here(*overrides, f"resume={tmp_path / 'run'}")
    for name in ("ranking.csv", "trace.arrows", "mask.npy"):
        assert (resumed / name).read_bytes() == (straight / name).read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("regularization=path", "regularization=path does not work with trainer=fsdp"),
        ("trainer.gradient_clip_val=1.0", "trainer.gradient_clip_val does not work with trainer=fsdp"),
        ("model.batch_norm=true", "batch norms do not work with trainer=fsdp"),
    ],
)
def test_what_a_shared_out_head_cannot_do_is_refused(run_here, override, message):
    with pytest.raises(UserError, match=message):
        run_here(*QUICK, *FSDP, override)


def names(folder):
    return {path.name for path in folder.iterdir()}


@pytest.mark.slow
@pytest.mark.parametrize(
    "sweep",
    [
        ("seed=0,1", "hydra.launcher.n_jobs=1"),
        ("seed=0,1", "hydra/launcher=basic"),
        ("seed=int(interval(0,9))", "hydra/sweeper=optuna", "hydra.sweeper.n_trials=2", "hydra.launcher.n_jobs=2"),
    ],
    ids=["grid", "basic", "optuna"],
)
def test_every_job_of_a_sweep_may_have_two_processes_and_leaves_nothing_beside_its_folder(tmp_path, sweep):
    command = [str(Path(sys.executable).with_name("spectral-train")), "-m", *QUICK, TWO, "regularization=path", *sweep]
    subprocess.run([*command, "hydra.sweep.dir=sweep"], cwd=tmp_path, check=True, timeout=600)
    assert names(tmp_path) == {"sweep"}
    assert names(tmp_path / "sweep") - {"study.db", "sweep.json"} == {"0", "1", "multirun.yaml", "sweep.csv"}
    of_jobs = [tmp_path / "sweep" / job for job in ("0", "1")]
    for folder in of_jobs:
        assert json.loads((folder / "status.json").read_text())["state"] == "done"
        assert not list(folder.glob("*process*"))
    assert names(of_jobs[0]) == names(of_jobs[1])
