import pytest
import torch

from spectral_exp.functional.sparse import csr
from spectral_exp.layer.basis_function.square import Square
from spectral_exp.model.input_dropout import InputDropout
from spectral_exp.model.spectral_mlp import SpectralMLP


def test_inputs_are_hidden_in_training_alone_and_their_mean_stays():
    rows = torch.ones(400, 50)
    dropout = InputDropout(0.3)
    hidden = dropout(rows)
    assert (hidden == 0).float().mean() == pytest.approx(0.3, abs=0.02)
    assert hidden.mean() == pytest.approx(1.0, abs=0.03)
    assert dropout.eval()(rows) is rows


def test_sparse_rows_lose_what_dense_ones_lose():
    columns = torch.arange(3000) % 40
    rows = csr(torch.arange(0, 3001, 10), columns, torch.ones(3000), 40)
    hidden = InputDropout(0.3)(rows)
    assert hidden.layout == torch.sparse_csr and hidden.shape == rows.shape
    assert torch.equal(hidden.col_indices(), columns)
    assert (hidden.values() == 0).float().mean() == pytest.approx(0.3, abs=0.04)
    assert hidden.values().max() == pytest.approx(1 / 0.7)


def test_a_net_whose_inputs_are_hidden_differs_from_itself_in_training_only():
    model = SpectralMLP(20, 2, [8], input_dropout=0.5)
    rows = torch.randn(6, 20)
    assert not torch.equal(model(rows), model(rows))
    model.eval()
    assert torch.equal(model(rows), model(rows))


def test_functions_of_inputs_cannot_be_hidden():
    with pytest.raises(ValueError, match="leave basis or input_dropout out"):
        SpectralMLP(5, 2, [4], basis={"square": Square()}, input_dropout=0.1)
