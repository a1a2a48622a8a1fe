"""Promises of runs that choose the number of inputs, refit on them, or search for the strength."""

import csv
import json

import numpy as np
import pytest
import torch

from spectral_exp.errors import UserError
from spectral_exp.load import load_run
from spectral_exp.module.spectral_module import SpectralModule

PATH = ("experiment=quickstart", "trainer.max_epochs=10", "regularization=path", "regularization.n_final=8")
REFIT = (*PATH, "selection=one_se", "refit.epochs=4", "model.dropout=0.1")
SEARCH = ("experiment=quickstart", "trainer.max_epochs=6", "regularization/schedule=constant", "target.k=20")


def rows(path):
    with path.open(newline="") as file:
        return [{key: value for key, value in row.items() if key != "seconds"} for row in csv.DictReader(file)]


def metrics(folder):
    found = json.loads((folder / "metrics.json").read_text())
    return {key: value for key, value in found.items() if not key.endswith("_seconds")}


def weights(run):
    return torch.cat([value.flatten() for value in run.model.state_dict().values()])


def accuracy(run, part):
    return (run.model(part.inputs).argmax(1) == part.targets).float().mean().item()


@pytest.fixture(scope="module")
def refitted(tmp_path_factory):
    """A path run that chose its number of inputs and refitted."""
    from spectral_exp.cli.compose import compose_config
    from spectral_exp.run import run

    folder = tmp_path_factory.mktemp("refitted")
    run(compose_config(REFIT), folder, list(REFIT))
    return folder


def test_one_se_keeps_the_fewest_inputs_within_one_standard_error_of_the_best(refitted):
    curve = [
        (int(row["n_kept"]), float(row["score"]), float(row["standard_error"]))
        for row in rows(refitted / "selection_curve.csv")
    ]
    _, best, error = max(curve, key=lambda point: point[1])
    expected = min(n_kept for n_kept, score, _ in curve if score >= best - error)
    found = metrics(refitted)
    assert found["n_selected"] == expected == load_run(refitted).mask.sum()
    assert 8 < expected < 64, "inputs were chosen that the path removed later"
    assert found["selection/rule"].startswith(f"{expected} is the smallest number of inputs")


def test_the_standard_error_is_that_of_a_binomial(refitted):
    for row in rows(refitted / "metrics.csv"):
        score, n_rows = float(row["val/accuracy"]), 270
        assert float(row["val/standard_error"]) == pytest.approx((score * (1 - score) / n_rows) ** 0.5, rel=1e-4)


def test_the_refitted_model_is_loaded_scored_and_blind_to_all_other_inputs(refitted):
    from spectral_exp.dataset.digits import Digits

    run = load_run(refitted)
    data = Digits(seed=0).load()
    assert accuracy(run, data.test) == pytest.approx(run.metrics["test/accuracy"])
    assert torch.equal(run.model.input_layer.mask, torch.from_numpy(run.mask))
    poisoned = torch.where(torch.from_numpy(run.mask), data.test.inputs, float("nan"))
    assert torch.equal(run.model(poisoned), run.model(data.test.inputs))


def test_the_refit_starts_from_the_moment_on_the_path_when_the_chosen_inputs_were_left(refitted):
    start = torch.load(refitted / "refit" / "start.ckpt", weights_only=True)["state_dict"]
    k = metrics(refitted)["n_selected"]
    moment = torch.load(refitted / "checkpoints" / "path" / f"{k}.ckpt", weights_only=True)
    assert int(moment["mask"].sum()) == k
    assert all(torch.equal(start[name], value) for name, value in moment["state_dict"].items())
    along = {row["spectral/n_kept"]: row["val/accuracy"] for row in rows(refitted / "metrics.csv")}
    assert metrics(refitted)["before_refit/val/accuracy"] == pytest.approx(float(along[f"{k}.0"]))


def test_the_ranking_is_that_of_the_run_without_a_refit(run_here, refitted):
    without = run_here(*REFIT, "refit.epochs=0")
    for name in ("ranking.csv", "mask.npy", "trace.arrows", "masking_curve.csv"):
        assert (without / name).read_bytes() == (refitted / name).read_bytes(), name
    assert "before_refit/test/accuracy" not in metrics(without)


@pytest.mark.parametrize("epoch", [0, 2])
def test_a_run_that_stops_in_the_refit_goes_on_as_if_nothing_had_happened(
    run_here, refitted, tmp_path, monkeypatch, epoch
):
    started = SpectralModule.on_train_epoch_start

    def stop(self):
        if self.trainer.max_epochs == 4 and self.current_epoch == epoch:
            raise KeyboardInterrupt
        started(self)

    monkeypatch.setattr(SpectralModule, "on_train_epoch_start", stop)
    with pytest.raises(KeyboardInterrupt):
        run_here(*REFIT)
    monkeypatch.undo()
    folder = run_here(*REFIT, f"resume={tmp_path / 'run'}")
    for name in ("ranking.csv", "trace.arrows", "mask.npy", "refit/trace.arrows"):
        assert (folder / name).read_bytes() == (refitted / name).read_bytes()
    assert rows(folder / "refit" / "metrics.csv") == rows(refitted / "refit" / "metrics.csv")
    assert metrics(folder) == metrics(refitted)
    assert torch.equal(weights(load_run(folder)), weights(load_run(refitted)))


def test_a_resumed_run_with_another_selection_refits_anew(run_here, refitted, tmp_path):
    run_here(*REFIT)
    folder = run_here(*REFIT, "selection=top_k", "selection.k=30", f"resume={tmp_path / 'run'}")
    run = load_run(folder)
    assert run.metrics["n_selected"] == 30 == int(run.model.input_layer.mask.sum())
    straight = run_here(*REFIT, "selection=top_k", "selection.k=30", folder="straight")
    assert torch.equal(weights(load_run(straight)), weights(run))


def test_weights_of_inputs_that_were_removed_and_not_kept_are_asked_for(run_here, tmp_path):
    run_here(*PATH, "selection=top_k", "selection.k=30")
    with pytest.raises(UserError, match=r"refit.epochs: 30 inputs are selected and 8 are left.*train again"):
        run_here(*PATH, "selection=top_k", "selection.k=30", "refit.epochs=1", f"resume={tmp_path / 'run'}")


def test_without_a_path_inputs_are_chosen_by_masking_on_the_validation_rows(run_here, quick):
    from spectral_exp.dataset.digits import Digits

    folder = run_here(*quick, "selection=one_se")
    run, val = load_run(folder), Digits(seed=0).load().val
    first = int(run.ranking.feature[0])
    curve = {int(row["n_kept"]): float(row["score"]) for row in rows(folder / "selection_curve.csv")}
    assert min(curve) == 1 and max(curve) == 64
    masked = torch.zeros_like(val.inputs)
    masked[:, first] = val.inputs[:, first]
    assert curve[1] == pytest.approx((run.model(masked).argmax(1) == val.targets).float().mean().item())
    assert curve[64] == pytest.approx(run.metrics["val/accuracy"])
    assert run.mask.sum() == run.metrics["n_selected"]


def test_a_threshold_run_refits_on_what_it_kept(run_here, quick):
    folder = run_here(*quick, "refit.epochs=2", "final_weights=best")
    run = load_run(folder)
    assert 0 < run.mask.sum() < 64
    assert torch.equal(run.model.input_layer.mask, torch.from_numpy(run.mask))
    assert len(rows(folder / "refit" / "metrics.csv")) == 2
    assert {row["spectral/strength"] for row in rows(folder / "refit" / "metrics.csv")} == {"0.0"}


def test_a_regression_is_chosen_by_its_error_and_refitted(run_here, tmp_path):
    inputs = np.random.default_rng(0).normal(size=(120, 4))
    table = np.column_stack([inputs, inputs[:, 0] + 0.1 * inputs[:, 1]])
    np.savetxt(tmp_path / "table.csv", table, delimiter=",", header="a,b,c,d,target", comments="")
    source = ("dataset=tabular", f"dataset.path={tmp_path / 'table.csv'}", "dataset.target=target")
    folder = run_here(*source, "selection=one_se", "trainer.max_epochs=3", "refit.epochs=1", "trainer.accelerator=cpu")
    found = metrics(folder)
    assert found["before_refit/test/mae"] > 0 and found["refit_epochs"] == 1
    curve = [float(row["score"]) for row in rows(folder / "selection_curve.csv")]
    assert found["selection/best_score"] == min(curve)
    assert "validation mean absolute error" in found["selection/rule"]


def test_folds_choose_by_the_mean_of_nets_that_saw_other_rows(run_here, tmp_path, monkeypatch):
    command = ("experiment=quickstart", "trainer.max_epochs=3", "selection=one_se", "selection.folds=3")
    folder = run_here(*command)
    folds = [rows(folder / "folds" / str(fold) / "selection_curve.csv") for fold in (1, 2, 3)]
    scores = np.array([[float(row["score"]) for row in fold] for fold in folds])
    curve = rows(folder / "selection_curve.csv")
    np.testing.assert_allclose([float(row["score"]) for row in curve], scores.mean(0))
    np.testing.assert_allclose([float(row["standard_error"]) for row in curve], scores.std(0, ddof=1) / 3**0.5)
    assert len({tuple(fold) for fold in scores.tolist()}) == 3

    monkeypatch.setattr(SpectralModule, "on_train_epoch_start", lambda self: pytest.fail("trained once more"))
    again = run_here(*command, f"resume={tmp_path / 'run'}")
    assert rows(again / "selection_curve.csv") == curve


def test_a_target_is_met_by_bisection_on_the_strength(run_here, tmp_path, monkeypatch):
    folder = run_here(*SEARCH)
    run, tried = load_run(folder), rows(folder / "strengths.csv")
    counts = {float(row["strength"]): int(row["n_selected"]) for row in tried}
    assert 2 <= len(counts) == len(tried) <= 12
    assert run.mask.sum() == max(count for count in counts.values() if count <= 20)
    assert counts[run.config.regularization.strength] == run.mask.sum()
    straight = run_here(
        *SEARCH[:-1], f"regularization.strength={run.config.regularization.strength}", folder="straight"
    )
    assert (straight / "ranking.csv").read_bytes() == (folder / "ranking.csv").read_bytes()

    monkeypatch.setattr(SpectralModule, "on_train_epoch_start", lambda self: pytest.fail("trained once more"))
    again = run_here(*SEARCH, "data_dir=elsewhere", f"resume={tmp_path / 'run'}")
    assert rows(again / "strengths.csv") == tried
    with pytest.raises(UserError, match=r"searched with batch_size=\d+; .*target.k=null regularization.strength="):
        run_here(*SEARCH, "batch_size=64", f"resume={tmp_path / 'run'}")


@pytest.mark.slow
def test_a_search_that_was_interrupted_goes_on_behind_the_strengths_it_has_tried(run_here, tmp_path, monkeypatch):
    started, n_started = SpectralModule.on_train_epoch_start, []

    def stop_in_the_second_run(self):
        n_started.append(1)
        if len(n_started) == 9:
            raise KeyboardInterrupt
        started(self)

    monkeypatch.setattr(SpectralModule, "on_train_epoch_start", stop_in_the_second_run)
    with pytest.raises(KeyboardInterrupt):
        run_here(*SEARCH)
    assert len(rows(tmp_path / "run" / "strengths.csv")) == 1
    monkeypatch.undo()
    folder = run_here(*SEARCH, f"resume={tmp_path / 'run'}")
    straight = run_here(*SEARCH, folder="straight")
    for name in ("strengths.csv", "ranking.csv", "trace.arrows"):
        assert (folder / name).read_bytes() == (straight / name).read_bytes()


def test_a_target_that_cannot_be_met_is_said_with_what_was_tried(run_here, quick, tmp_path):
    with pytest.raises(
        UserError,
        match=r"target.k=3 cannot be met: of 2 strengths none keeps between 1 and 3.*60 at 0.003, 60 at 0.00949",
    ):
        run_here(*quick, "selection=nonzero", "target.k=3", "target.max_runs=2")
    assert len(rows(tmp_path / "run" / "strengths.csv")) == 2


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (["selection=one_se", "selection.folds=1"], r"selection: folds must be 0 .* or at least 2, got 1"),
        (["selection=one_se", "selection.folds=1000"], r"selection.folds must be at most \d+, .*got 1000"),
        (["refit.epochs=-1"], r"refit.epochs: .*greater than or equal to 0, got -1"),
        (["refit.epochs=2", "refit.lr_schedule.end=-1"], r"refit.lr_schedule: start and end must be >= 0"),
        (["refit.epochs=2", "model=dense_mlp", "regularization.strength=0"], r"refit.epochs: DenseMLP cannot leave"),
        (["target.k=64"], r"target.k must be below the number of inputs \(64\), got 64"),
        (["target.k=0"], r"target.k: .*greater than or equal to 1, got 0"),
        (["target.k=5", "target.max_runs=1"], r"target.max_runs: .*greater than or equal to 2, got 1"),
        (["target.k=5", "selection=one_se"], r"target.k needs a selection whose count follows the strength"),
        (["target.k=5", "regularization.strength=0"], r"target.k needs a regularization with a strength > 0"),
        (["target.k=5", "regularization=path", "selection=nonzero"], r"regularization.n_final=5 selection=nonzero"),
    ],
)  # fmt: skip
def test_wrong_values_are_refused_before_training(run_here, quick, monkeypatch, wrong, says):
    monkeypatch.setattr(SpectralModule, "on_train_epoch_start", lambda self: pytest.fail("trained"))
    with pytest.raises(UserError, match=says):
        run_here(*quick, *wrong)


def test_the_command_says_what_was_chosen_and_what_the_refit_gained(train, without_figures):
    answer = train(*REFIT, "trainer.max_epochs=3", "refit.epochs=1")
    assert answer.code == 0
    text = " ".join(answer.out.split())
    assert "before the refit)" in text and "is the smallest number of inputs whose validation accuracy" in text
