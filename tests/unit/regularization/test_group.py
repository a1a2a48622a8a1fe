import copy

import numpy as np
import pytest
import torch
from sklearn.linear_model import Lasso, MultiTaskLasso
from torch import nn
from torch.nn import functional as F

from spectral_exp.evaluation.certificate import kkt_certificate
from spectral_exp.functional.relevance import relevance
from spectral_exp.layer.spectral_linear import SpectralLinear
from spectral_exp.regularization.group import Group
from spectral_exp.regularization.schedule.constant import Constant
from spectral_exp.regularization.schedule.linear import Linear


def correlated_rows(n_outputs, n_rows=80, n_features=12):
    """Inputs that overlap and outputs that need four of them."""
    generator = torch.Generator().manual_seed(3)
    inputs = torch.randn(n_rows, n_features, generator=generator, dtype=torch.float64)
    inputs[:, 1:] += 0.6 * inputs[:, :-1]
    truth = torch.zeros(n_outputs, n_features, dtype=torch.float64)
    truth[:, [0, 3, 4, 9]] = torch.randn(n_outputs, 4, generator=generator, dtype=torch.float64)
    noise = 0.3 * torch.randn(n_rows, n_outputs, generator=generator, dtype=torch.float64)
    return inputs, inputs @ truth.T + 0.7 + noise


def fit(layer, regularization, inputs, targets, n_steps, lr=0.05, optimizer_class=torch.optim.Adam, **options):
    """Full batches, the learning rate falling to 0 by a cosine."""
    regularization.prepare(layer)
    optimizer = optimizer_class(layer.parameters(), lr=lr, **options)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_steps)
    for step in range(n_steps):
        optimizer.zero_grad()
        F.mse_loss(layer(inputs), targets).backward()
        regularization.before_step(layer, optimizer, step / n_steps)
        optimizer.step()
        schedule.step()
    return optimizer


@pytest.mark.parametrize(("n_outputs", "alpha"), [(1, 0.02), (1, 0.3), (3, 0.05), (3, 0.4)])
def test_a_linear_model_finds_the_solution_of_coordinate_descent(n_outputs, alpha):
    inputs, targets = correlated_rows(n_outputs)
    torch.manual_seed(0)
    layer = SpectralLinear(12, n_outputs, gauge="unit", dtype=torch.float64)
    # scikit-learn halves the squares and does not average over the outputs.
    fit(layer, Group(2 * alpha / n_outputs, Constant()), inputs, targets, n_steps=500)
    reference = (Lasso if n_outputs == 1 else MultiTaskLasso)(alpha=alpha, tol=1e-12, max_iter=100_000)
    reference.fit(inputs.numpy(), targets.squeeze(1).numpy() if n_outputs == 1 else targets.numpy())
    expected = torch.from_numpy(np.atleast_2d(reference.coef_))
    assert 0 < (expected == 0).all(0).sum() < 12, "the example is neither empty nor full"
    torch.testing.assert_close(layer.weight.detach(), expected, atol=1e-4, rtol=0)
    torch.testing.assert_close(
        layer.bias.detach(), torch.from_numpy(np.atleast_1d(reference.intercept_)), atol=1e-4, rtol=0
    )
    assert torch.equal(layer.eigenvalues == 0, (expected == 0).all(0)), "zeros are exact"


def test_a_linear_model_with_groups_and_an_input_that_is_always_kept_is_the_group_lasso():
    inputs, targets = correlated_rows(3)
    groups, strength = torch.tensor([0, 0, 0, 1, 2, 2, 3, 3, 3, 3, 4, 5]), 0.4
    torch.manual_seed(0)
    layer = SpectralLinear(12, 3, gauge="unit", dtype=torch.float64)
    layer.share_eigenvalues(groups)
    layer.keep_always(groups == 5)
    fit(layer, Group(strength, Constant()), inputs, targets, n_steps=1000)
    weight = layer.weight.detach()
    residual = inputs @ weight.T + layer.bias.detach() - targets
    gradient = 2 * residual.T @ inputs / residual.numel()
    # The loss is convex: conditions on every block (Yuan and Lin, 2006, proposition 1) prove the minimum.
    is_zero = []
    for number in range(5):
        of_group = groups == number
        block, pull = weight[:, of_group], strength * int(of_group.sum()) ** 0.5
        is_zero.append(bool((block == 0).all()))
        if is_zero[-1]:
            assert gradient[:, of_group].norm() <= pull
        else:
            torch.testing.assert_close(gradient[:, of_group], -pull * block / block.norm(), atol=1e-4, rtol=0)
    assert 0 < sum(is_zero) < 5, "the example is neither empty nor full"
    torch.testing.assert_close(gradient[:, groups == 5], torch.zeros(3, 1, dtype=torch.float64), atol=1e-4, rtol=0)
    certificate = kkt_certificate(gradient, weight, strength, layer.columns)
    assert certificate["kkt_violation_kept"] < 1e-4 and certificate["kkt_violation_dropped"] == 0


def moved(strength, n_steps=4, schedule=None, **options):
    torch.manual_seed(0)
    layer = SpectralLinear(12, 3, gauge="unit")
    inputs, targets = (tensor.float() for tensor in correlated_rows(3))
    optimizer = fit(layer, Group(strength, schedule or Constant()), inputs, targets, n_steps, **options)
    return layer, optimizer


def test_eigenvalues_eigenvectors_weight_and_relevance_agree_after_every_step():
    layer, _ = moved(0.5, n_steps=60)
    nonzero = layer.eigenvalues > 0
    assert 0 < nonzero.sum() < 12
    torch.testing.assert_close(layer.weight, layer.raw_eigenvectors)
    assert torch.equal(layer.eigenvalues, relevance(layer.raw_eigenvectors.detach()))
    torch.testing.assert_close(layer.relevance(), layer.eigenvalues)
    torch.testing.assert_close(layer.eigenvectors.norm(dim=0), nonzero.float())
    rows = torch.randn(5, 12)
    as_factors = SpectralLinear(12, 3, gauge="unit")
    as_factors.load_state_dict(layer.state_dict())
    torch.testing.assert_close(as_factors(rows), layer(rows))


def test_one_step_is_that_of_adam_with_one_second_moment_per_column():
    torch.manual_seed(0)
    layer = SpectralLinear(12, 3, gauge="unit")
    start = layer.weight.detach().clone()
    gradients = torch.randn(2, 3, 12)
    regularization = Group(0.0, Constant())
    regularization.prepare(layer)
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.1, betas=(0.8, 0.9), eps=1e-6)
    mean, mean_square, expected = 0.0, 0.0, start
    for step, gradient in enumerate(gradients, start=1):
        layer.raw_eigenvectors.grad = gradient.clone()
        regularization.before_step(layer, optimizer, 0.0)
        mean = 0.8 * mean + 0.2 * gradient
        mean_square = 0.9 * mean_square + 0.1 * (gradient**2).mean(0)
        expected = expected - 0.1 * mean / (1 - 0.8**step) / ((mean_square / (1 - 0.9**step)).sqrt() + 1e-6)
    torch.testing.assert_close(layer.weight, expected)


def test_an_input_that_never_varies_leaves_at_once_but_only_under_a_penalty():
    inputs, targets = (tensor.float() for tensor in correlated_rows(3))
    inputs[:, 5] = 0
    for strength, is_zero in ((0.01, True), (0.0, False)):
        torch.manual_seed(0)
        layer = SpectralLinear(12, 3, gauge="unit")
        fit(layer, Group(strength, Constant()), inputs, targets, n_steps=1)
        assert bool(layer.eigenvalues[5] == 0) == is_zero
        assert torch.isfinite(layer.weight).all()


def test_a_dropped_input_comes_back_when_the_strength_falls():
    all_gone, _ = moved(50.0, n_steps=100)
    assert (all_gone.weight == 0).all()
    layer, _ = moved(50.0, n_steps=400, schedule=Linear(start=1.0, end=0.0))
    assert (layer.eigenvalues > 0).sum() > 6


def test_the_other_parameters_move_as_if_the_layer_had_no_part_in_the_optimizer():
    layer, optimizer = moved(0.5, n_steps=10)
    inputs, targets = (tensor.float() for tensor in correlated_rows(3))
    alone = nn.Parameter(layer.bias.detach().clone())
    its_optimizer = torch.optim.Adam([alone], lr=0.05)
    its_optimizer.load_state_dict(
        {**its_optimizer.state_dict(), "state": {0: copy.deepcopy(optimizer.state[layer.bias])}}
    )
    optimizer.param_groups[0]["lr"] = 0.05
    F.mse_loss(F.linear(inputs, layer.weight.detach(), alone), targets).backward()
    its_optimizer.step()
    optimizer.zero_grad()
    F.mse_loss(layer(inputs), targets).backward()
    Group(0.5, Constant()).before_step(layer, optimizer, 0.0)
    optimizer.step()
    torch.testing.assert_close(layer.bias, alone)


@pytest.mark.parametrize("fused", [True, False])
def test_a_step_after_a_resume_is_the_step_without_one(fused):
    inputs, targets = (tensor.float() for tensor in correlated_rows(3))
    layer, optimizer = moved(0.5, n_steps=7, fused=fused)
    again = SpectralLinear(12, 3, gauge="unit")
    regularization = Group(0.5, Constant())
    regularization.prepare(again)
    again.load_state_dict(layer.state_dict())
    optimizer_again = torch.optim.Adam(again.parameters(), lr=1.0, fused=fused)
    optimizer_again.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for _ in range(3):
        for one, its_optimizer in ((layer, optimizer), (again, optimizer_again)):
            its_optimizer.zero_grad()
            F.mse_loss(one(inputs), targets).backward()
            regularization.before_step(one, its_optimizer, 0.5)
            its_optimizer.step()
    assert torch.equal(layer.weight, again.weight) and torch.equal(layer.bias, again.bias)


def test_the_penalty_is_shown_and_has_no_gradient_of_its_own():
    layer, _ = moved(0.5)
    penalty = Group(0.3, Linear(0, 1)).penalty(layer, 0.5)
    torch.testing.assert_close(penalty, 0.15 * layer.relevance().sum())
    assert not penalty.requires_grad


@pytest.mark.parametrize("options", [{"gauge": "free"}, {"gauge": "unit", "train_output_eigenvalues": True}])
def test_a_layer_whose_eigenvalues_are_no_column_norms_is_refused(options):
    with pytest.raises(ValueError, match=r"add model\.gauge=unit"):
        Group(0.1, Constant()).prepare(SpectralLinear(3, 2, **options))


def test_an_interaction_survives_and_noise_is_exactly_zero():
    torch.manual_seed(0)
    inputs = torch.randn(800, 12)
    targets = (inputs[:, 4] * inputs[:, 9] > 0).long()
    layer = SpectralLinear(12, 32, gauge="unit")
    model = nn.Sequential(layer, nn.ReLU(), nn.Linear(32, 2))
    regularization = Group(0.05, Linear(0, 1))
    regularization.prepare(layer)
    # Without a decay the second layer would grow for as long as the first is pressed.
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, weight_decay=1e-2)
    for step in range(300):
        optimizer.zero_grad()
        F.cross_entropy(model(inputs), targets).backward()
        regularization.before_step(layer, optimizer, step / 300)
        optimizer.step()
    assert layer.eigenvalues.nonzero().squeeze(1).tolist() == [4, 9]
