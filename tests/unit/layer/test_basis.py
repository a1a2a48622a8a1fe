import math

import pytest
import torch

from spectral_exp.layer.basis import Basis
from spectral_exp.layer.basis_function.cosine import Cosine
from spectral_exp.layer.basis_function.identity import Identity
from spectral_exp.layer.basis_function.sine import Sine
from spectral_exp.layer.basis_function.square import Square

FUNCTIONS = (Identity(), Square(), Sine(wavelength=3.0), Cosine(share=0.5))


@pytest.fixture
def rows():
    return torch.tensor([5.0, -2.0, 1000.0]) + torch.tensor([0.1, 3.0, 20.0]) * torch.randn(
        400, 3, generator=torch.Generator().manual_seed(0)
    )


def test_columns_are_the_functions_of_the_standardised_input_centred_and_scaled(rows):
    basis = Basis(FUNCTIONS, 3)
    scale = basis.fit(rows)
    spread = rows.std(0, correction=0)
    z = (rows - rows.mean(0)) / spread
    by_hand = [rows, z**2, torch.sin(2 * math.pi / 3 * z), torch.cos(2 * math.pi / 4 * z)]
    for i, share in enumerate((1.0, 0.35, 0.35, 0.5)):
        column = basis(rows).reshape(400, 4, 3)[:, i]
        if i == 0:
            assert torch.equal(column, rows), "the identity changes nothing"
        else:
            expected = (by_hand[i] - by_hand[i].mean(0)) / by_hand[i].std(0, correction=0) * share * spread
            torch.testing.assert_close(column, expected, rtol=1e-3, atol=2e-3 * float(spread.max()))
        torch.testing.assert_close(scale[i], share * spread, rtol=1e-4, atol=0.0)


def test_kept_inputs_have_the_columns_they_had_among_all(rows):
    basis = Basis(FUNCTIONS, 3)
    basis.fit(rows)
    kept = torch.tensor([0, 2])
    of_all = basis(rows).reshape(400, 4, 3)[..., kept].flatten(1)
    assert torch.equal(basis(rows[:, kept], kept), of_all)


@pytest.mark.parametrize("values", [torch.full((10,), 7.3), torch.tensor([-1.0, 1.0] * 5)])
def test_a_function_that_does_not_vary_is_a_column_of_zeros(values):
    basis = Basis([Square()], 1)
    scale = basis.fit(values[:, None])
    assert basis(torch.tensor([[7.3], [100.0], [-1.0]])).tolist() == [[0.0]] * 3
    assert scale.item() == 0.0


def test_the_coefficients_are_part_of_the_state(rows):
    basis, fresh = Basis(FUNCTIONS, 3), Basis(FUNCTIONS, 3)
    basis.fit(rows)
    fresh.load_state_dict(basis.state_dict())
    assert torch.equal(fresh(rows), basis(rows))


@pytest.mark.parametrize("make", [lambda: Square(share=0.0), lambda: Sine(wavelength=-1.0), lambda: Basis([], 3)])
def test_what_cannot_be_is_refused(make):
    with pytest.raises(ValueError, match="must"):
        make()
