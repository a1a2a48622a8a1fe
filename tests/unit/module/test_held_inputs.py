import torch

from spectral_exp.dataset.data import Part
from spectral_exp.dataset.loading import TensorLoader
from spectral_exp.layer.spectral_linear import SpectralLinear
from spectral_exp.module.held_inputs import HeldInputs


def dropped(layer, *features):
    mask = torch.zeros(layer.in_features, dtype=torch.bool)
    mask[list(features)] = True
    layer.drop(mask)


def batch_of(loader):
    return next(iter(loader))[0]


def test_what_leaves_the_layer_leaves_the_batch_at_once_and_the_rows_with_the_next_epoch():
    rows = torch.arange(12.0).reshape(2, 6)
    layer, loader = SpectralLinear(6, 3), TensorLoader(Part(rows, torch.zeros(2)), batch_size=2)
    held = HeldInputs(layer, loader)
    held.start_epoch()
    assert held.kept_of(rows) is rows
    dropped(layer, 1, 4)
    held.inputs_left()
    assert batch_of(loader).shape[1] == 6
    torch.testing.assert_close(held.kept_of(batch_of(loader)), rows[:, [0, 2, 3, 5]])
    held.start_epoch()
    torch.testing.assert_close(batch_of(loader), rows[:, [0, 2, 3, 5]])
    dropped(layer, 0)
    held.inputs_left()
    torch.testing.assert_close(held.kept_of(batch_of(loader)), rows[:, [2, 3, 5]])


def test_a_training_that_goes_on_starts_with_what_the_layer_had_kept():
    rows = torch.arange(8.0).reshape(2, 4)
    layer, loader = SpectralLinear(4, 3), TensorLoader(Part(rows, torch.zeros(2)), batch_size=2)
    dropped(layer, 3)
    held = HeldInputs(layer, loader)
    held.start_epoch()
    torch.testing.assert_close(held.kept_of(batch_of(loader)), rows[:, :3])
