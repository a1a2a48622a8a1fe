"""Promises of a run whose penalty sets inputs to exactly zero."""

import csv
import json
import logging

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Lasso

from spectral_exp.errors import UserError
from spectral_exp.load import load_run

GROUP = (
    "experiment=quickstart",
    "trainer.max_epochs=8",
    "regularization=group",
    "regularization.strength=3e-2",
    "model.gauge=unit",
    "selection=nonzero",
)


@pytest.fixture(scope="module")
def group_run(tmp_path_factory):
    from spectral_exp.cli.compose import compose_config
    from spectral_exp.run import run

    folder = tmp_path_factory.mktemp("group")
    run(compose_config(GROUP), folder, list(GROUP))
    return folder


def test_ranking_mask_trace_and_history_tell_of_the_same_zeros(group_run):
    run = load_run(group_run)
    n_kept = int(run.mask.sum())
    assert 0 < n_kept < 64
    by_input = run.ranking.sort_values("feature")
    assert ((by_input.eigenvalue != 0) == run.mask).all() and ((by_input.relevance != 0) == run.mask).all()
    assert ((run.trace.eigenvalues != 0) == run.trace.mask).all()
    assert (run.trace.mask[-1] == run.mask).all()
    assert run.metrics["n_selected"] == run.metrics["n_nonzero"] == n_kept
    with (group_run / "metrics.csv").open() as file:
        last = list(csv.DictReader(file))[-1]
    assert float(last["spectral/n_kept"]) == float(last["spectral/n_selected"]) == n_kept
    weight = run.model.input_layer.weight
    assert ((weight != 0).any(0).numpy() == run.mask).all()


def test_a_run_that_stops_in_the_middle_goes_on_as_if_nothing_had_happened(run_here, group_run, tmp_path, monkeypatch):
    from spectral_exp.module.spectral_module import SpectralModule

    started = SpectralModule.on_train_epoch_start

    def stop_at_five(self):
        if self.current_epoch == 5:
            raise KeyboardInterrupt
        started(self)

    monkeypatch.setattr(SpectralModule, "on_train_epoch_start", stop_at_five)
    with pytest.raises(KeyboardInterrupt):
        run_here(*GROUP)
    monkeypatch.undo()
    run_here(*GROUP, f"resume={tmp_path / 'run'}")
    for name in ("ranking.csv", "trace.arrows", "mask.npy"):
        assert (tmp_path / "run" / name).read_bytes() == (group_run / name).read_bytes()


def test_a_linear_model_trained_by_a_run_is_the_lasso(run_here, tmp_path):
    generator = np.random.default_rng(0)
    inputs = generator.normal(size=(100, 8))
    target = inputs[:, [1, 4, 6]] @ [1.0, -0.7, 0.4] + 0.2 * generator.normal(size=100)
    pd.DataFrame({**{f"x{j}": inputs[:, j] for j in range(8)}, "y": target}).to_csv(tmp_path / "table.csv", index=False)
    folder = run_here(
        "dataset=tabular",
        f"dataset.path={tmp_path / 'table.csv'}",
        "dataset.target=y",
        "model.hidden_features=[]",
        "model.gauge=unit",
        "regularization=group",
        "regularization/schedule=constant",
        "regularization.strength=0.2",
        "selection=nonzero",
        "optimizer.lr=0.05",
        "lr_schedule=cosine",
        "trainer=cpu",
        "trainer.max_epochs=400",
        "tracking=off",
        "callbacks.last_checkpoint.every_n_epochs=400",
        "+trainer.check_val_every_n_epoch=400",
    )
    run = load_run(folder)
    from spectral_exp.build import build

    train = build(run.config.dataset, "dataset").load().train
    reference = Lasso(alpha=0.1, tol=1e-12)  # which halves the squares
    reference.fit(train.inputs.double().numpy(), train.targets.double().numpy())
    layer = run.model.input_layer
    assert 0 < (reference.coef_ != 0).sum() < 8
    np.testing.assert_allclose(layer.weight.detach().numpy()[0], reference.coef_, atol=1e-4)
    np.testing.assert_allclose(layer.bias.detach().numpy()[0], reference.intercept_, atol=1e-4)
    assert (run.mask == (reference.coef_ != 0)).all()
    assert run.metrics["kkt_violation_kept_relative"] < 1e-3 and run.metrics["kkt_violation_dropped"] < 1e-5


def test_too_large_a_strength_keeps_nothing_says_so_and_finishes(run_here, caplog):
    with caplog.at_level(logging.WARNING):
        folder = run_here(*GROUP, "regularization.strength=5", "regularization/schedule=constant", "refit.epochs=1")
    assert "nothing to refit" in caplog.text
    (line,) = [record.getMessage() for record in caplog.records if "keeps no input" in record.getMessage()]
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["n_selected"] == 0 and f"{metrics['largest_gradient_norm']:.4g}" in line and "5" in line
    run = load_run(folder)
    assert not run.mask.any() and (run.ranking.relevance == 0).all() and not run.ranking.selected.any()


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("model.gauge=free", "add model.gauge=unit"),
        ("optimizer=sgd", "add optimizer=adam"),
        ("regularization.strength=-1", "strength must be >= 0"),
        ("model.batch_norm=true", "cannot press a layer with a batch norm behind it, as in this SpectralMLP"),
    ],
)
def test_what_cannot_work_is_refused_before_training(run_here, override, message):
    with pytest.raises(UserError, match=message):
        run_here(*GROUP, override)
