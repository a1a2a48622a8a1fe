import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from zennit.composites import NameMapComposite
from zennit.rules import AlphaBeta, Epsilon, Gamma, Pass, ZBox

from spectral_exp.attribution.zennit_lrp import ZennitLRP


def linear_net():
    torch.manual_seed(2)
    return nn.Linear(8, 2, bias=False)


def expected(data, contributions_of):
    """The mean over rows of |z_j / sum z| times the logit of the true class."""
    net = linear_net()
    inputs, weight = data.train.inputs, net.weight[data.train.targets]
    logit = net(inputs).gather(1, data.train.targets[:, None])
    return (contributions_of(inputs, weight) * logit).detach().abs().mean(0)


def share(values):
    return torch.nan_to_num(values / values.sum(1, keepdim=True))  # nothing to share: 0


def test_alpha2_beta1_counts_what_speaks_for_twice(classes):
    def contributions(inputs, weight):
        products = inputs * weight
        return 2 * share(products.clamp(min=0)) - share(products.clamp(max=0))

    found = ZennitLRP().relevance(linear_net(), classes, seed=0)
    np.testing.assert_allclose(found, expected(classes, contributions), rtol=1e-3)


def test_z_box_measures_inputs_against_their_range(classes):
    low, high = classes.train.inputs.aminmax(dim=0)

    def contributions(inputs, weight):
        return share(inputs * weight - low * weight.clamp(min=0) - high * weight.clamp(max=0))

    found = ZennitLRP("z_box").relevance(linear_net(), classes, seed=0)
    np.testing.assert_allclose(found, expected(classes, contributions), rtol=1e-3)


def test_gamma_raises_positive_weights(classes):
    data = classes
    positive = type(data.train)(data.train.inputs.abs(), data.train.targets)  # then positive weights decide alone

    def contributions(inputs, weight):
        return share(inputs * (weight + 0.25 * weight.clamp(min=0)))

    shifted = type(data)(data.info, positive, data.val, data.test)
    net = linear_net()
    net.weight.data.abs_()
    found = ZennitLRP("gamma").relevance(net, shifted, seed=0)
    weight = net.weight[positive.targets]
    logit = net(positive.inputs).gather(1, positive.targets[:, None])
    np.testing.assert_allclose(
        found, (contributions(positive.inputs, weight) * logit).detach().abs().mean(0), rtol=1e-3
    )


@pytest.mark.parametrize(
    ("rule", "first", "others"),
    [
        ("alpha2_beta1", AlphaBeta(alpha=2, beta=1), AlphaBeta(alpha=2, beta=1)),
        ("gamma", Gamma(gamma=0.25), Gamma(gamma=0.25)),
        ("z_box", None, Epsilon()),
    ],
)
def test_a_net_gets_what_the_library_gives_for_the_true_class(rule, first, others, classes, class_net):
    inputs = classes.train.inputs.clone().requires_grad_()
    first = first or ZBox(*classes.train.inputs.aminmax(dim=0, keepdim=True))
    rules = [("0", first), ("2", others), ("4", others), *((name, Pass()) for name in ("1", "3"))]
    with NameMapComposite([([name], one) for name, one in rules]).context(class_net) as net:
        outputs = net(inputs)
        of_class = outputs.detach() * F.one_hot(classes.train.targets, 2)
        (relevance,) = torch.autograd.grad(outputs, inputs, of_class)
    np.testing.assert_allclose(ZennitLRP(rule).relevance(class_net, classes, 0), relevance.abs().mean(0), rtol=1e-4)


def test_an_unknown_rule_is_refused():
    with pytest.raises(ValueError, match="rule must be one of alpha2_beta1, gamma, z_box"):
        ZennitLRP("flat")
