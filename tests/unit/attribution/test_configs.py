"""Every method that ships: built from its config, on an easy task of both kinds."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf

from spectral_exp.attribution.measure import measure
from spectral_exp.attribution.ranker import TrainingRanker
from spectral_exp.build import build
from spectral_exp.cli.compose import compose_config
from spectral_exp.cli.config_path import config_dir
from spectral_exp.errors import UserError

METHODS = sorted(path.stem for path in Path(config_dir(), "attribution").glob("*.yaml"))
TRAINING = ["dense_norm", "spectral", "spectral_group", "spectral_path", "spectral_path_3", "spectral_path_50"]
QUICK = {
    "integrated_gradients": ["options.n_steps=10"],
    "kernel_shap": ["n_rows=5", "options.n_samples=100"],
    "lassonet": [
        "n_epochs=40",
        "n_dense_epochs=300",
        "first_strength=50.0",
        "path_multiplier=1.3",
        "hidden_features=[8]",
        "batch_size=64",
    ],
    "lightgbm_gain": ["n_trees=20"],
    "l1_logistic": ["max_iter=2000"],
    "random_forest": ["n_trees=30"],
    "shap_deep": ["n_rows=10", "n_background=20"],
    "shap_gradient": ["n_rows=10", "n_background=20", "n_samples=10"],
    "shap_tree": ["n_trees=20"],
}


@cache
def configs():
    return compose_config([f"attribution=[{','.join(METHODS)}]"], "compare").attribution


def ranker_of(method):
    node = configs()[method].copy()
    OmegaConf.set_struct(node, False)
    node.merge_with_dotlist(QUICK.get(method, []))
    return build(node, f"attribution.{method}")


@pytest.mark.parametrize(
    ("task", "method"),
    [
        pytest.param(task, method, marks=[pytest.mark.slow] if method == "lassonet" else [])
        for task in ("classification", "regression")
        for method in METHODS
        if method not in (*TRAINING, "random")
    ],
)
def test_planted_inputs_are_found_the_strongest_first(method, task, classes, values, class_net, value_net):
    data, net = (classes, class_net) if task == "classification" else (values, value_net)
    ranker = ranker_of(method)
    if (method, task) == ("chi2", "regression"):
        with pytest.raises(UserError, match="chi2 scores classification, and planted is a regression"):
            measure(ranker, data, 0, model=net)
        return
    found = measure(ranker, data, 0, model=net)
    assert found.ranking[0] == 1
    assert set(found.ranking[: 2 if method == "mutual_info" else 3]) <= {1, 4, 6}  # a filter is noisy with 250 rows


@pytest.mark.parametrize("method", [method for method in METHODS if method not in (*TRAINING, "lassonet")])
def test_the_same_seed_gives_the_same_scores_and_leaves_the_generators_alone(method, classes, class_net):
    ranker = ranker_of(method)
    before = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    first, second = (measure(ranker, classes, 3, model=class_net).relevance for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert torch.equal(torch.random.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002


@pytest.mark.parametrize("method", TRAINING)
def test_what_a_training_differs_in_composes_with_the_shared_configuration(method):
    ranker = ranker_of(method)
    assert isinstance(ranker, TrainingRanker)
    config = compose_config(["size=tiny", *ranker.overrides])
    assert config.model.hidden_features == [64]


def test_all_configs_are_known_here():
    assert set(TRAINING) < set(METHODS)
    assert set(QUICK) < set(METHODS)
