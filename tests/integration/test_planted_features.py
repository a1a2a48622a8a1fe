"""Planted columns are found by the default command, and noise ranks first without a penalty."""

import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from spectral_exp.load import load_run

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from planted_table import PLANTED, planted_table

pytestmark = pytest.mark.slow


@pytest.fixture
def auroc(run_here, tmp_path):
    def auroc(seed: int, *overrides: str) -> float:
        path = tmp_path / f"planted_{seed}.csv"
        planted_table(n_rows=1000, n_noise=25, levels=(), seed=seed).to_csv(path, index=False)
        asked = ["dataset=tabular", f"dataset.path={path}", "dataset.target=label", f"seed={seed}", *overrides]
        ranking = load_run(run_here(*asked, folder=f"run_{seed}_{len(overrides)}")).ranking
        return float(roc_auc_score(ranking["name"].isin(PLANTED), ranking.relevance))

    return auroc


def test_the_default_finds_the_planted_columns_an_interaction_among_them(auroc):
    found = [auroc(seed) for seed in range(3)]
    assert np.mean(found) >= 0.99 and min(found) >= 0.97


def test_without_a_penalty_noise_takes_the_top(auroc):
    with_default = np.mean([auroc(seed) for seed in range(3)])
    without = np.mean([auroc(seed, "regularization=none") for seed in range(3)])
    assert without < with_default - 0.1
