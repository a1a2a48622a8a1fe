import pytest
import torch
from torch import nn

from spectral_exp.model.side_by_side import BlockLinear, MeanOfNets, side_by_side
from spectral_exp.model.spectral_mlp import SpectralMLP

ROWS = torch.randn(7, 5)


@pytest.fixture
def nets():
    torch.manual_seed(0)
    return [nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 2)) for _ in range(3)]


def joined(nets):
    layers = [side_by_side([net[place] for net in nets], is_first=place == 0) for place in (0, 2, 4)]
    return nn.Sequential(layers[0], nn.Tanh(), layers[1], nn.Tanh(), layers[2], MeanOfNets(3, 2))


def test_each_network_is_what_it_was_and_in_the_end_they_are_averaged(nets):
    model = joined(nets)
    alone = torch.stack([net(ROWS) for net in nets])
    torch.testing.assert_close(model(ROWS), alone)
    torch.testing.assert_close(model.eval()(ROWS), alone.mean(dim=0))


def test_as_plain_layers_they_give_the_same(nets):
    model = joined(nets).eval()
    plain = nn.Sequential(
        *(layer.to_linear() if isinstance(layer, (BlockLinear, MeanOfNets)) else layer for layer in model)
    )
    torch.testing.assert_close(plain(ROWS), model(ROWS))


@pytest.mark.parametrize("initialization", ["kaiming_uniform", "xavier_uniform"])
def test_every_network_starts_as_one_alone_would(initialization):
    arguments = {"hidden_features": [64], "initialization": initialization}
    many, one = SpectralMLP(40, 2, **arguments, n_nets=4), SpectralMLP(40, 2, **arguments)
    for place in (0, 2):
        blocks = many.layers[place].weight.detach().reshape(4, -1)
        spread = one.layers[place].weight.detach().std().item()
        assert [block.std().item() for block in blocks] == pytest.approx([spread] * 4, rel=0.2)
        assert not torch.equal(blocks[0], blocks[1])


def test_an_eigenvalue_is_for_all_networks():
    model = SpectralMLP(5, 2, [4, 3], n_nets=3)
    assert model.input_layer.eigenvalues.shape == (5,)
    model.input_layer.drop(torch.arange(5) == 2)
    poisoned = ROWS.clone()
    poisoned[:, 2] = torch.nan
    assert model(ROWS).shape == (3, 7, 2)
    assert bool(torch.isfinite(model(poisoned)).all())
