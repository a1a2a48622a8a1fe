"""Inputs in files and inputs without their zeros go through whole runs as those in memory do."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from spectral_exp.load import load_run
from spectral_exp.module.spectral_module import SpectralModule

PATH = ("regularization=path", "regularization.n_final=3", "selection=nonzero")
QUICK = ("trainer=cpu", "size=tiny", "batch_size=32")
N_ROWS, N_COLUMNS = 400, 12


@pytest.fixture
def files(tmp_path):
    """A matrix with many zeros, whose first two columns tell the class, in three formats."""
    rng = np.random.default_rng(0)
    inputs = (rng.normal(size=(N_ROWS, N_COLUMNS)) * (rng.random((N_ROWS, N_COLUMNS)) < 0.5)).astype(np.float32)
    targets = np.where(inputs[:, 0] + inputs[:, 1] > 0, "b", "a")
    np.save(tmp_path / "x.npy", inputs)
    np.save(tmp_path / "y.npy", targets)
    np.savez(tmp_path / "x.npz", x=inputs, y=targets)
    scipy.sparse.save_npz(tmp_path / "sparse.npz", scipy.sparse.csr_array(inputs))
    return tmp_path


def overrides(files, dataset):
    if dataset == "tabular":
        return ("dataset=tabular", f"dataset.path={files / 'x.npz'}", "dataset.target=y", *QUICK)
    path = files / ("x.npy" if dataset == "npy" else "sparse.npz")
    return (f"dataset={dataset}", f"dataset.path={path}", f"dataset.targets={files / 'y.npy'}", *QUICK)


def ranking(folder):
    return pd.read_csv(folder / "ranking.csv")


@pytest.mark.parametrize(("dataset", "scaling"), [("npy", "standard"), ("sparse", "max_abs")])
def test_they_are_ranked_as_the_same_inputs_in_memory(dataset, scaling, run_here, files):
    extra = (*PATH, "trainer.max_epochs=6", f"dataset.scaling={scaling}")
    found = run_here(*overrides(files, dataset), *extra, folder=dataset)
    expected = run_here(*overrides(files, "tabular"), *extra, folder="tabular")
    assert ranking(found)["name"].tolist() == ranking(expected)["name"].tolist()
    np.testing.assert_allclose(ranking(found)["relevance"], ranking(expected)["relevance"], rtol=1e-3, atol=1e-5)
    assert set(ranking(found)["name"][:2]) == {"x0", "x1"}
    curves = [pd.read_csv(folder / "masking_curve.csv") for folder in (found, expected)]
    np.testing.assert_allclose(*curves, atol=0.03)
    assert load_run(found).mask.sum() == 3


@pytest.mark.parametrize("dataset", ["npy", "sparse"])
def test_a_resumed_run_ends_as_an_undisturbed_one(dataset, run_here, files, monkeypatch):
    monkeypatch.setattr("spectral_exp.dataset.stored.CHUNK_BYTES", 20 * 4 * N_COLUMNS)  # several chunks
    run = (*overrides(files, dataset), "regularization/schedule=constant")
    straight = run_here(*run, "trainer.max_epochs=4", folder="straight")
    run_here(*run, "trainer.max_epochs=2", folder="resumed")
    resumed = run_here(*run, "trainer.max_epochs=4", f"resume={files / 'resumed'}", folder="resumed")
    for name in ("ranking.csv", "trace.arrows", "masking_curve.csv"):
        assert (resumed / name).read_bytes() == (straight / name).read_bytes()


def test_folds_are_of_rows_in_a_file_too(run_here, files):
    selection = ("selection=one_se", "selection.folds=2", "trainer.max_epochs=2")
    assert (run_here(*overrides(files, "npy"), *selection) / "selection_curve.csv").is_file()


def test_a_basis_needs_all_rows_in_memory(run_here, files):
    from spectral_exp.errors import UserError

    with pytest.raises(UserError, match="a basis, the judge and other rankers need all rows in memory"):
        run_here(*overrides(files, "npy"), "model/basis=[identity,square]", "trainer.max_epochs=1")


def test_no_gradients_lie_in_memory_between_steps(run_here, files, monkeypatch):
    left = []
    step = SpectralModule.training_step

    def noting_step(module, batch, number):
        left.extend(parameter.grad for parameter in module.parameters())
        return step(module, batch, number)

    monkeypatch.setattr(SpectralModule, "training_step", noting_step)
    run_here(*overrides(files, "npy"), "trainer.max_epochs=1")
    assert left and not any(gradient is not None for gradient in left)
