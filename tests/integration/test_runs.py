"""Promises of a whole run."""

import csv
import json
import shutil

import numpy as np
import pytest
import torch

from spectral_exp.dataset.data import Data
from spectral_exp.dataset.digits import Digits
from spectral_exp.errors import UserError
from spectral_exp.load import load_run
from spectral_exp.module.spectral_module import TrainingDivergedError


def files_of(folder):
    return {name: (folder / name).read_bytes() for name in ("ranking.csv", "trace.arrows", "mask.npy")}


def history(folder):
    with (folder / "metrics.csv").open() as file:
        return [{key: value for key, value in row.items() if key != "seconds"} for row in csv.DictReader(file)]


def test_a_run_leaves_a_whole_folder_and_loads_back(finished_run):
    folder = finished_run
    assert json.loads((folder / "status.json").read_text())["state"] == "done"
    run = load_run(folder)
    assert run.info.n_features == 64 and run.metrics["test/accuracy"] > 0.5
    assert run.ranking["rank"].tolist() == list(range(1, 65))
    assert (run.ranking.relevance.diff().dropna() <= 0).all()
    assert run.mask.sum() == run.metrics["n_selected"] == run.ranking.selected.sum()
    assert run.trace.epoch.max() == 3 and run.trace.eigenvalues.shape == (5, 64)
    last = run.ranking.set_index("feature").eigenvalue.sort_index().to_numpy()
    np.testing.assert_allclose(run.trace.eigenvalues[-1], last, rtol=1e-6)
    np.testing.assert_allclose(run.model.input_layer.eigenvalues.detach(), last, rtol=1e-6)
    accuracy = run.metrics["test/accuracy"]
    assert repr(run).startswith(f"Run({str(folder)!r}, {run.mask.sum()} of 64 inputs selected, ")
    assert f"test/accuracy={accuracy:.4g}" in repr(run) and "tensor" not in repr(run)
    assert not list(folder.glob(".*[0-9]*")), "no file is left half-written"


def test_the_loaded_model_scores_what_the_run_said(finished_run):
    run = load_run(finished_run)
    test = Digits(seed=0).load().test
    predicted = run.model(test.inputs).argmax(1)
    assert (predicted == test.targets).float().mean().item() == pytest.approx(run.metrics["test/accuracy"])


def test_the_same_seed_gives_the_same_ranking_bit_for_bit(run_here, quick, finished_run):
    assert files_of(run_here(*quick)) == files_of(finished_run)


def test_another_seed_gives_another_ranking(run_here, quick, finished_run):
    assert files_of(run_here(*quick, "seed=1")) != files_of(finished_run)


def assert_two_and_two_are_four(run_here, overrides, straight):
    halves = run_here(*overrides, "trainer.max_epochs=2", folder="halves")
    run_here(*overrides, f"resume={halves}", folder="halves")
    assert files_of(halves) == files_of(straight)
    assert history(halves) == history(straight)
    final = [torch.load(f / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"] for f in (halves, straight)]
    assert all(torch.equal(value, final[1][name]) for name, value in final[0].items())


def test_two_epochs_resume_and_two_more_equal_four(run_here, quick, finished_run):
    assert_two_and_two_are_four(run_here, quick, finished_run)


def test_two_epochs_resume_and_two_more_equal_four_with_a_dense_net(run_here, quick):
    dense = (*quick, "model=dense_mlp", "regularization.strength=0")
    assert_two_and_two_are_four(run_here, dense, run_here(*dense, folder="straight"))


def test_a_resumed_run_ends_a_trace_that_ran_ahead_of_the_checkpoint(run_here, quick, finished_run):
    killed = run_here(*quick, "trainer.max_epochs=2", folder="killed")
    for name in ("trace.arrows", "metrics.csv"):  # as if the kill came before the third checkpoint
        (killed / name).write_bytes((finished_run / name).read_bytes()[:-3])
    run_here(*quick, f"resume={killed}", folder="killed")
    assert files_of(killed) == files_of(finished_run)
    assert history(killed) == history(finished_run)


def test_the_last_checkpoint_is_of_the_last_epoch_and_the_best_of_the_best(run_here):
    folder = run_here("experiment=quickstart", "trainer.max_epochs=5", "optimizer.lr=0.1", "regularization.strength=0")
    losses = [float(row["val/loss"]) for row in history(folder)]
    best, last = (
        torch.load(folder / "checkpoints" / f"{name}.ckpt", weights_only=True)["epoch"] for name in ("best", "last")
    )
    assert best == np.argmin(losses) < 4, "this run is to get worse in the end"
    assert last == 4
    run = load_run(folder)
    by_rank = run.model.input_layer.eigenvalues.detach().numpy()[run.ranking.feature]
    np.testing.assert_allclose(by_rank, run.ranking.eigenvalue, rtol=1e-6)


def test_a_cut_checkpoint_is_refused_by_name(run_here, quick, finished_run, tmp_path):
    folder = shutil.copytree(finished_run, tmp_path / "run")
    last = folder / "checkpoints" / "last.ckpt"
    last.write_bytes(last.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"last\.ckpt: not a whole checkpoint"):
        run_here(*quick, f"resume={folder}")


def test_a_broken_configuration_is_named_by_a_resume(run_here, quick, finished_run, tmp_path):
    folder = shutil.copytree(finished_run, tmp_path / "run")
    (folder / "config.yaml").write_text("model: [")
    with pytest.raises(UserError, match=r"config\.yaml cannot be read"):
        run_here(*quick, f"resume={folder}")


def test_a_resume_that_cannot_start_spoils_nothing(run_here, quick, finished_run, tmp_path):
    folder = shutil.copytree(finished_run, tmp_path / "run")
    before = (folder / "config.yaml").read_bytes(), files_of(folder)
    with pytest.raises(UserError, match="strength"):
        run_here(*quick, f"resume={folder}", "regularization.strength=-1")
    assert ((folder / "config.yaml").read_bytes(), files_of(folder)) == before
    assert "regularization.strength=-1" not in json.loads((folder / "status.json").read_text())["overrides"]


@pytest.mark.parametrize("name", ["config.yaml", "dataset.json", "metrics.json", "ranking.csv", "mask.npy"])
@pytest.mark.parametrize("content", [b"", b"{\xff: [", b"a,b\n1,2\n"], ids=["empty", "no text", "another file"])
def test_a_broken_file_of_a_run_is_named_when_it_is_loaded(finished_run, tmp_path, name, content):
    folder = shutil.copytree(finished_run, tmp_path / "run")
    (folder / name).write_bytes(content)
    with pytest.raises(UserError, match=rf"{name} cannot be read .*: run again"):
        load_run(folder)


def test_permuting_the_inputs_permutes_the_ranking(run_here, quick, monkeypatch):
    overrides = (*quick, "trainer.max_epochs=15", "regularization.strength=0.01")
    plain = load_run(run_here(*overrides, folder="plain")).ranking
    order = torch.randperm(64, generator=torch.Generator().manual_seed(5))
    load = Digits.load

    def permuted(self):
        data = load(self)
        parts = {
            n: type(data.train)(getattr(data, n).inputs[:, order], getattr(data, n).targets)
            for n in ("train", "val", "test")
        }
        return Data(data.info, **parts)

    monkeypatch.setattr(Digits, "load", permuted)
    moved = load_run(run_here(*overrides, folder="moved")).ranking
    by_input = plain.set_index("feature").relevance
    by_moved_input = moved.set_index("feature").relevance.sort_index().set_axis(order.tolist())
    agreement = by_input.corr(by_moved_input, method="spearman")
    assert agreement > 0.9, "the start of the weights differs, the ranking hardly"


def test_a_loss_that_diverges_stops_with_the_step_and_keeps_the_last_good_checkpoint(run_here, tmp_path):
    with pytest.raises(TrainingDivergedError, match=r"NaN or infinite at step \d+.*learning rate"):
        run_here("dataset=digits", "optimizer=sgd", "optimizer.lr=1e18", "trainer.max_epochs=3", "regularization=none")
    status = json.loads((tmp_path / "run" / "status.json").read_text())
    assert status["state"] == "failed" and "step" in status["error"]


def test_a_training_of_few_steps_says_how_many_epochs_it_takes(run_here, caplog):
    run_here("experiment=quickstart", "trainer.max_epochs=2", "batch_size=2000")
    assert "1168 training rows make only 2 steps" in caplog.text
    assert "add trainer.max_epochs=150" in caplog.text


def test_a_relevance_that_overflows_while_the_loss_does_not_counts_as_divergence(run_here):
    with pytest.raises(TrainingDivergedError, match=r"relevance of an input became NaN or infinite at step \d+"):
        run_here("experiment=quickstart", "optimizer.lr=1e9", "trainer.max_epochs=2")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["regularization.strength=-1"], r"regularization: strength must be >= 0, got -1"),
        (["selection=top_k", "selection.k=65"], r"selection\.k must be at most the number of inputs \(64\), got 65"),
        (["batch_size=0"], r"batch_size: input should be greater than or equal to 1"),
        (["model=dense_mlp"], r"DenseMLP has no eigenvalues.*regularization\.strength=0"),
        (["loss=mse"], r"loss=mse is for regression"),
        (["trainer.max_epochs=-1"], r"max_epochs"),
        (["model.activation=rleu"], r"model\.activation must be one of relu"),
        (["final_weights=first"], r"final_weights"),
    ],
)
def test_values_that_cannot_work_are_refused_before_training(run_here, overrides, message):
    with pytest.raises(UserError, match=message):
        run_here("experiment=quickstart", *overrides)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["regularization=path", "final_weights=best"], r"final_weights=best.*use last"),
        (["regularization=path", "regularization.n_final=0"], r"n_final must be >= 1, got 0"),
        (["refit.lr_schedule.start=-1"], r"refit\.lr_schedule: .*>= 0"),
        (["regularization.strength=0", "target.k=3"], r"target\.k needs a regularization with a strength > 0"),
    ],
)
def test_what_can_work_on_no_data_is_told_before_any_are_loaded(run_here, overrides, message):
    with pytest.raises(UserError, match=message):
        run_here("dataset=tabular", "dataset.path=missing.csv", "dataset.target=label", *overrides)


def test_unpicklable_hyperparameters_never_enter_a_checkpoint(run_here, quick):
    folder = run_here(*quick, "debug=one_step", "callbacks=early_stopping", "lr_schedule=cosine", "final_weights=best")
    for checkpoint in (folder / "checkpoints").glob("*.ckpt"):
        torch.load(checkpoint, weights_only=True)


def test_an_epoch_without_validation_has_no_score_in_the_history(run_here):
    folder = run_here(
        "experiment=quickstart", "trainer.max_epochs=4", "+trainer.check_val_every_n_epoch=2", "callbacks=default"
    )
    assert [row["val/accuracy"] == "" for row in history(folder)] == [True, False, True, False]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("model.hidden_features=[8]", r"of another network"),
        ("trainer.max_epochs=1", r"trainer\.max_epochs=1 is below the 2 epochs"),
        ("optimizer.lr=-1", r"optimizer: Invalid learning rate: -1"),
        ("optimizer.lr=3e-3", r"optimizer\.lr=0\.003: this run was trained with 0\.001; go on without it"),
        ("seed=1", r"dataset\.seed=1: this run was trained with 0"),
        ("regularization.strength=1", r"regularization\.strength=1: this run was trained with 0\.003"),
    ],
)
def test_a_resume_that_does_not_fit_is_refused_and_the_run_stays_whole(run_here, override, message):
    folder = run_here("experiment=quickstart", "trainer.max_epochs=2")
    before = {name: (folder / name).read_bytes() for name in ("config.yaml", "dataset.json", "ranking.csv")}
    with pytest.raises(UserError, match=message):
        run_here("experiment=quickstart", "trainer.max_epochs=2", f"resume={folder}", override)
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert override not in json.loads((folder / "status.json").read_text())["overrides"]
    load_run(folder)
