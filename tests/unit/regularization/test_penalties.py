import pytest
import torch

from spectral_exp.layer.spectral_linear import SpectralLinear
from spectral_exp.regularization.l1 import L1
from spectral_exp.regularization.l1_l1 import L1L1
from spectral_exp.regularization.l2_l2 import L2L2
from spectral_exp.regularization.none import NoRegularization
from spectral_exp.regularization.schedule.constant import Constant
from spectral_exp.regularization.schedule.linear import Linear

PENALTIES = [
    L1(0.3, Constant()),
    L1L1(0.3, 0.2, Constant()),
    L2L2(0.3, 0.2, Constant()),
]
POWERS = {L1: (1,), L1L1: (1, 1), L2L2: (2, 2)}


def layer():
    torch.manual_seed(0)
    spectral = SpectralLinear(4, 3, dtype=torch.float64)
    with torch.no_grad():
        spectral.eigenvalues.copy_(torch.tensor([1.0, -2.0, 0.5, 3.0]))
    return spectral


@pytest.mark.parametrize(
    ("penalty", "expected"),
    [
        (PENALTIES[0], lambda e, v: 0.3 * e.abs().sum()),
        (PENALTIES[1], lambda e, v: 0.3 * e.abs().sum() + 0.2 * v.abs().sum()),
        (PENALTIES[2], lambda e, v: 0.3 * (e**2).sum() + 0.2 * (v**2).sum()),
    ],
)
def test_the_penalty_has_its_value(penalty, expected):
    spectral = layer()
    torch.testing.assert_close(
        penalty.penalty(spectral, 0.5), expected(spectral.eigenvalues, spectral.raw_eigenvectors)
    )


@pytest.mark.parametrize("penalty", PENALTIES)
def test_the_penalty_moves_the_gradient(penalty):
    spectral = layer()
    penalty.penalty(spectral, 0.5).backward()
    assert (spectral.eigenvalues.grad * spectral.eigenvalues > 0).all(), "every eigenvalue is pushed to zero"


def test_the_schedule_scales_the_whole_penalty():
    spectral = layer()
    for full, scheduled in [
        (L1L1(0.3, 0.2, Constant()), L1L1(0.3, 0.2, Linear(0, 1))),
        (L2L2(1, 2, Constant()), L2L2(1, 2, Linear())),
    ]:
        torch.testing.assert_close(scheduled.penalty(spectral, 0.25), full.penalty(spectral, 0.0) / 4)
        assert scheduled.strength_at(0.25) == pytest.approx(full.strength / 4)


@pytest.mark.parametrize(("groups", "sizes"), [([0, 1, 2], [1, 1, 1]), ([0, 1, 0], [2, 1])])
def test_l2_l2_at_its_best_split_is_the_group_lasso_of_yuan_and_lin(groups, sizes):
    a, b = 0.3, 0.2
    weight = torch.tensor([[3.0, 0.0, 1.0], [4.0, 2.0, 1.0]], dtype=torch.float64)
    spectral = SpectralLinear(3, 2, dtype=torch.float64)
    spectral.share_eigenvalues(groups)
    spectral.set_weight(weight)
    shift = torch.zeros(len(sizes), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([shift], max_iter=100)

    class Penalised(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = spectral

        def forward(self):
            return L2L2(a, b, Constant()).penalty(self.layer, 0.0)

    def penalty():
        scale = shift.exp()
        values = {"layer.eigenvalues": scale, "layer.raw_eigenvectors": weight / scale[groups]}
        return torch.func.functional_call(Penalised(), values, ())

    def closure():
        optimizer.zero_grad()
        value = penalty()
        value.backward()
        return value

    optimizer.step(closure)
    of_groups = [size**0.5 * weight[:, torch.tensor(groups) == number].norm() for number, size in enumerate(sizes)]
    torch.testing.assert_close(penalty().detach(), 2 * (a * b) ** 0.5 * sum(of_groups), rtol=1e-6, atol=0)


def test_no_regularization_is_zero_and_moves_nothing():
    spectral = layer()
    value = NoRegularization().penalty(spectral, 0.5)
    assert value == 0 and not value.requires_grad


@pytest.mark.parametrize(
    "make", [lambda: L1(-1, Constant()), lambda: L2L2(1, -1, Constant()), lambda: L1L1(1, -1, Constant())]
)
def test_a_negative_strength_is_refused(make):
    with pytest.raises(ValueError, match="strength must be >= 0, got -1"):
        make()


@pytest.mark.parametrize("gauge", ["free", "unit"])
@pytest.mark.parametrize("penalty", PENALTIES)
def test_with_groups_every_group_counts_the_root_of_its_size(penalty, gauge):
    torch.manual_seed(0)
    spectral = SpectralLinear(6, 3, gauge=gauge, dtype=torch.float64)
    spectral.share_eigenvalues([1, 0, 1, 1, 2, 2])
    spectral.drop(torch.tensor([False, False, False, False, True, True]))
    expected = torch.zeros(())
    for number, members in enumerate(([1], [0, 2, 3])):
        alone = SpectralLinear(len(members), 3, gauge=gauge, dtype=torch.float64)
        alone.share_eigenvalues([0] * len(members))
        with torch.no_grad():
            alone.eigenvalues.copy_(spectral.eigenvalues[number])
            alone.raw_eigenvectors.copy_(spectral.raw_eigenvectors[:, members])
        block = alone.eigenvalues, alone.eigenvectors
        of_block = sum(
            strength * (values**power).abs().sum()
            for values, strength, power in zip(block, penalty.strengths_at(0.5), POWERS[type(penalty)], strict=False)
        )
        expected = expected + len(members) ** 0.5 * of_block
    torch.testing.assert_close(penalty.penalty(spectral, 0.5), expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_inputs_that_are_always_kept_are_not_pressed(penalty):
    spectral, alone = layer(), SpectralLinear(2, 3, dtype=torch.float64)
    spectral.keep_always(torch.tensor([True, False, True, False]))
    with torch.no_grad():
        alone.eigenvalues.copy_(spectral.eigenvalues[[1, 3]])
        alone.raw_eigenvectors.copy_(spectral.raw_eigenvectors[:, [1, 3]])
    value = penalty.penalty(spectral, 0.5)
    torch.testing.assert_close(value, penalty.penalty(alone, 0.5))
    value.backward()
    assert (spectral.eigenvalues.grad != 0).tolist() == [False, True, False, True]
