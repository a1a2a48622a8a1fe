"""The three explainers of shap: against a direct call, and on linear models, whose SHAP values are known."""

import lightgbm
import numpy as np
import pytest
import shap
import torch
from sklearn.ensemble import RandomForestRegressor
from torch import nn

from spectral_exp.attribution.seeding import seeded
from spectral_exp.attribution.shap_deep import ShapDeep
from spectral_exp.attribution.shap_gradient import ShapGradient
from spectral_exp.attribution.shap_tree import ShapTree

N = 250  # all training rows


def linear_values(net, data):
    """w_j (x_j - mean of x_j), of the true class."""
    inputs = data.train.inputs
    return (net.weight[data.train.targets] * (inputs - inputs.mean(0))).detach()


def drawn(n_rows):
    return np.random.default_rng(0).choice(N, n_rows, replace=False)


@pytest.fixture
def linear_net():
    torch.manual_seed(1)
    return nn.Linear(8, 2)


def test_deep_is_exact_on_a_linear_net(linear_net, classes):
    found = ShapDeep(n_rows=20, n_background=N).relevance(nn.Sequential(linear_net), classes, seed=0)
    np.testing.assert_allclose(found, linear_values(linear_net, classes)[drawn(20)].abs().mean(0), rtol=1e-4)


def test_gradient_comes_near_on_a_linear_net(linear_net, classes):
    found = ShapGradient(n_rows=10, n_background=N, n_samples=100).relevance(linear_net, classes, seed=0)
    np.testing.assert_allclose(found, linear_values(linear_net, classes)[drawn(10)].abs().mean(0), rtol=0.2)


@pytest.mark.parametrize("kind", ["deep", "gradient"])
def test_a_net_gets_what_the_library_gives_for_the_true_class(kind, classes, class_net):
    rows = drawn(10)
    background = classes.train.inputs[np.random.default_rng(1).choice(N, 20, replace=False)]
    inputs, targets = classes.train.inputs[rows], classes.train.targets[rows].numpy()
    if kind == "deep":
        found = ShapDeep(n_rows=10, n_background=20).relevance(class_net, classes, seed=0)
        direct = shap.DeepExplainer(class_net, background).shap_values(inputs)
    else:
        found = ShapGradient(n_rows=10, n_background=20, n_samples=5).relevance(class_net, classes, seed=0)
        with seeded(0):
            direct = shap.GradientExplainer(class_net, background).shap_values(inputs, nsamples=5)
    np.testing.assert_allclose(found, np.abs(direct[np.arange(10), :, targets]).mean(0), rtol=1e-5)


@pytest.mark.filterwarnings("ignore:LightGBM binary classifier:UserWarning")
def test_trees_are_the_librarys_own(classes, values):
    inputs = classes.train.inputs.numpy()
    model = lightgbm.LGBMClassifier(n_estimators=5, random_state=0, verbose=-1)
    model.fit(inputs, classes.train.targets.numpy())
    direct = np.abs(model.predict(inputs, pred_contrib=True)[:, :-1]).mean(0)  # LightGBM's own TreeSHAP
    np.testing.assert_allclose(ShapTree(n_trees=5).relevance(classes, seed=0), direct, rtol=1e-6)

    forest = RandomForestRegressor(5, random_state=0).fit(values.train.inputs.numpy(), values.train.targets.numpy())
    direct = np.abs(shap.TreeExplainer(forest).shap_values(values.train.inputs.numpy())).mean(0)
    np.testing.assert_allclose(ShapTree("random_forest", n_trees=5).relevance(values, seed=0), direct, rtol=1e-6)


def test_a_forest_of_classes_gives_the_row_its_own_class(classes):
    found = ShapTree("random_forest", n_trees=5, n_rows=50).relevance(classes, seed=0)
    assert set(found.argsort()[-3:]) == {1, 4, 6}
