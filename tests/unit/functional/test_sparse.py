import pytest
import torch

from spectral_exp.functional.mask import blank
from spectral_exp.functional.sparse import csr, take_columns, take_rows
from spectral_exp.layer.spectral_linear import SpectralLinear
from spectral_exp.model.dense_mlp import DenseMLP
from spectral_exp.model.spectral_mlp import SpectralMLP


@pytest.fixture
def dense():
    """Rows of which most are zeros, one row and one column altogether."""
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(12, 30, generator=generator) * (torch.rand(12, 30, generator=generator) < 0.15)
    rows[3] = 0
    rows[:, 7] = 0
    return rows


def shake(model):
    """Move every parameter away from where it starts."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
    return model


def to_sparse(rows):
    row, column = rows.nonzero(as_tuple=True)
    starts = torch.cat([torch.zeros(1, dtype=torch.long), rows.ne(0).sum(1).cumsum(0)])
    return csr(starts, column, rows[row, column], rows.shape[1])


def test_rows_columns_and_masks_are_those_of_the_dense_rows(dense):
    sparse = to_sparse(dense)
    assert torch.equal(sparse.to_dense(), dense)
    rows, columns = torch.tensor([5, 3, 5, 0]), torch.tensor([0, 7, 8, 29])
    assert torch.equal(take_rows(sparse, rows).to_dense(), dense[rows])
    assert torch.equal(take_columns(sparse, columns).to_dense(), dense[:, columns])
    assert torch.equal(take_columns(dense, columns), dense[:, columns])
    mask = torch.arange(30) % 2 == 0
    assert torch.equal(blank(sparse, mask).to_dense(), blank(dense, mask))


LAYERS = {
    "free": {},
    "unit": {"gauge": "unit"},
    "output eigenvalues": {"train_output_eigenvalues": True},
    "no bias": {"bias": False},
}


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("dropped", [False, True])
@pytest.mark.parametrize("options", LAYERS.values(), ids=LAYERS)
def test_a_spectral_layer_does_with_sparse_rows_what_it_does_with_dense_ones(options, dropped, grouped, dense):
    layer = shake(SpectralLinear(30, 5, **options))
    if grouped:
        layer.share_eigenvalues([j // 3 for j in range(30)])
    if dropped:
        layer.drop(torch.arange(30) < 9)
    assert_same(layer, layer, dense)


def test_so_does_a_layer_whose_weight_is_trained(dense):
    layer = shake(SpectralLinear(30, 5, gauge="unit"))
    layer.train_weight()
    assert_same(layer, layer, dense)


@pytest.mark.parametrize("kind", [SpectralMLP, DenseMLP])
def test_so_do_networks(kind, dense):
    model = shake(kind(30, 2, [6]))
    assert_same(model, model.input_layer, dense)


def assert_same(model, layer, dense):
    """Outputs and gradients are equal, and the gradient of a column that no row touches is 0."""
    found = []
    for inputs in (dense, to_sparse(dense)):
        model.zero_grad()
        outputs = model(inputs)
        (outputs * torch.arange(1.0, outputs.shape[1] + 1)).square().sum().backward()
        found.append([outputs.detach(), *(p.grad for p in model.parameters() if p.grad is not None)])
    assert len(found[0]) == len(found[1])
    for of_dense, of_sparse in zip(*found, strict=True):
        torch.testing.assert_close(of_sparse, of_dense, rtol=1e-4, atol=1e-5)


def test_single_precision_is_kept_under_autocast(dense):
    layer = shake(SpectralLinear(30, 5))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        outputs = layer(to_sparse(dense))
    expected = layer(dense)
    torch.testing.assert_close(outputs.float(), expected, rtol=2**-8, atol=1e-6)  # rounded once, at the end
