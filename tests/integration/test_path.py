"""Promises of a run that removes inputs on its way."""

import csv

import numpy as np
import pytest
import torch

from spectral_exp.load import load_run

PATH = (
    "experiment=quickstart",
    "trainer.max_epochs=12",
    "regularization=path",
    "regularization.n_final=8",
    "selection=nonzero",
)


@pytest.fixture(scope="module")
def path_run(tmp_path_factory):
    from spectral_exp.cli.compose import compose_config
    from spectral_exp.run import run

    folder = tmp_path_factory.mktemp("path")
    run(compose_config(PATH), folder, list(PATH))
    return folder


def test_the_ranking_goes_on_with_the_order_of_removal(path_run):
    ranking = load_run(path_run).ranking
    assert ranking.selected.sum() == 8 and ranking.selected[:8].all()
    assert (ranking.dropped_at_step[:8] == -1).all()
    removed = ranking.dropped_at_step[8:]
    assert (removed > 0).all() and (removed.diff().dropna() <= 0).all(), "the last removed rank first"
    assert removed.nunique() > 10


def test_dropped_inputs_are_exactly_zero_and_the_trace_speaks_of_all_inputs(path_run):
    run = load_run(path_run)
    assert run.trace.eigenvalues.shape[1] == 64
    assert (run.trace.eigenvalues[~run.trace.mask] == 0).all()
    kept = run.trace.mask.sum(axis=1)
    assert kept[0] == 64 and kept[-1] == 8 and (np.diff(kept) <= 0).all()
    assert (run.ranking.eigenvalue[8:] == 0).all()


def test_the_model_does_not_look_at_dropped_inputs(path_run):
    run = load_run(path_run)
    rows = torch.randn(5, 64)
    poisoned = torch.where(torch.from_numpy(run.mask), rows, float("nan"))
    assert torch.equal(run.model(poisoned), run.model(rows))


def test_every_epoch_tells_how_many_inputs_its_score_is_of(path_run):
    with (path_run / "metrics.csv").open() as file:
        kept = [float(row["spectral/n_kept"]) for row in csv.DictReader(file)]
    assert kept == sorted(kept, reverse=True) and kept[-1] == 8


def test_a_run_that_stops_in_the_middle_goes_on_as_if_nothing_had_happened(run_here, path_run, tmp_path, monkeypatch):
    from spectral_exp.module.spectral_module import SpectralModule

    started = SpectralModule.on_train_epoch_start

    def stop_at_seven(self):
        if self.current_epoch == 7:
            raise KeyboardInterrupt
        started(self)

    monkeypatch.setattr(SpectralModule, "on_train_epoch_start", stop_at_seven)
    with pytest.raises(KeyboardInterrupt):
        run_here(*PATH)
    monkeypatch.undo()
    run_here(*PATH, f"resume={tmp_path / 'run'}")
    for name in ("ranking.csv", "trace.arrows", "mask.npy"):
        assert (tmp_path / "run" / name).read_bytes() == (path_run / name).read_bytes()
