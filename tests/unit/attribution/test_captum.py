import captum.attr
import numpy as np
import pytest
import torch
from torch import nn

from spectral_exp.attribution.captum import Captum
from spectral_exp.attribution.ranker import draw_rows
from spectral_exp.attribution.seeding import seeded
from spectral_exp.errors import UserError

DETERMINISTIC = ["Saliency", "InputXGradient", "IntegratedGradients", "DeepLift", "LRP", "FeatureAblation"]


@pytest.mark.filterwarnings("ignore:.*Setting forward, backward hooks:UserWarning")
@pytest.mark.parametrize("method", DETERMINISTIC)
def test_the_score_is_the_mean_absolute_attribution_to_the_true_class(method, classes, class_net):
    options = {"n_steps": 10} if method == "IntegratedGradients" else {}
    found = Captum(method, options, rows_at_once=100).relevance(class_net, classes, seed=0)
    inputs, targets = classes.train.inputs.clone().requires_grad_(), classes.train.targets
    direct = getattr(captum.attr, method)(class_net).attribute(inputs, target=targets, **options).detach().abs().mean(0)
    np.testing.assert_allclose(found, direct, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("method", ["Saliency", "InputXGradient", "LRP", "DeepLift", "FeatureAblation"])
def test_regression_explains_its_one_output(method, values, value_net):
    found = Captum(method).relevance(value_net, values, seed=0)
    inputs = values.train.inputs.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(value_net(inputs).sum(), inputs)
    if method == "Saliency":
        np.testing.assert_allclose(found, gradient.abs().mean(0), rtol=1e-4)
    if method in ("InputXGradient", "LRP"):  # which are the same on ReLU
        np.testing.assert_allclose(found, (inputs * gradient).detach().abs().mean(0), rtol=1e-3)
    assert set(found.argsort()[-3:]) == {1, 4, 6}


@pytest.mark.parametrize(
    ("method", "options"),
    [("GradientShap", {"n_samples": 4}), ("FeaturePermutation", {}), ("KernelShap", {"n_samples": 50})],
)
@pytest.mark.filterwarnings("ignore:You are providing multiple inputs for Lime:UserWarning")
def test_what_is_random_is_the_librarys_own_under_the_seed(method, options, classes, class_net):
    found = Captum(method, options, n_rows=12, n_background=250).relevance(class_net, classes, 5)
    rows = draw_rows(classes.train, 12, seed=5)
    more = {"baselines": classes.train.inputs} if method == "GradientShap" else {}
    with seeded(5):
        direct = getattr(captum.attr, method)(class_net).attribute(rows.inputs, target=rows.targets, **options, **more)
    np.testing.assert_allclose(found, direct.detach().abs().mean(0), rtol=1e-4, atol=1e-6)


def test_an_input_that_speaks_for_and_against_does_not_cancel(classes):
    net = nn.Linear(8, 2, bias=False)
    nn.init.zeros_(net.weight)
    net.weight.data[:, 0] = 1.0  # its attribution is its value, whose mean is about 0
    found = Captum("InputXGradient").relevance(net, classes, seed=0)
    np.testing.assert_allclose(found[0], classes.train.inputs[:, 0].abs().mean(), rtol=1e-5)
    assert not found[1:].any()


def test_so_many_rows_are_explained_and_others_with_another_seed(classes, class_net):
    rows = []
    handle = class_net.register_forward_hook(lambda module, inputs, outputs: rows.append(len(outputs)))
    first, second = (Captum("Saliency", n_rows=30, rows_at_once=20).relevance(class_net, classes, s) for s in (0, 1))
    handle.remove()
    assert rows == [20, 10] * 2
    assert not np.array_equal(first, second)


def test_mistakes_are_told(classes):
    with pytest.raises(ValueError, match="method must be one of Saliency"):
        Captum("Salience")
    with pytest.raises(ValueError, match="n_rows must be at least 1, got 0"):
        Captum("Saliency", n_rows=0)
    with pytest.raises(UserError, match=r"options\.steps: unknown key; IntegratedGradients\.attribute takes"):
        Captum("IntegratedGradients", {"steps": 3}).check(classes.info)
