import pytest
import torch

from spectral_exp.layer.spectral_conv import SpectralConv1d, SpectralConv2d
from spectral_exp.layer.spectral_gate import SpectralGate
from spectral_exp.layer.spectral_linear import SpectralLinear
from spectral_exp.model.dense_cnn import DenseCNN
from spectral_exp.model.spectral_cnn import SpectralCNN

IMAGES = torch.randn(3, 3, 12, 8)
SMALL = {"channels": (4, 6), "pooled_size": 2}


@pytest.mark.parametrize("gauge", ["free", "unit"])
@pytest.mark.parametrize("spectral_head", [False, True])
@pytest.mark.parametrize(
    ("unit", "kind", "n_inputs"),
    [("position", SpectralGate, 96), ("value", SpectralGate, 288), ("channel", SpectralConv2d, 3)],
)
def test_it_starts_as_the_dense_net_and_has_an_eigenvalue_per_unit(unit, kind, n_inputs, gauge, spectral_head):
    torch.manual_seed(0)
    dense = DenseCNN((3, 12, 8), 5, **SMALL).eval()
    torch.manual_seed(0)
    spectral = SpectralCNN((3, 12, 8), 5, **SMALL, unit=unit, gauge=gauge, spectral_head=spectral_head).eval()
    torch.testing.assert_close(spectral(IMAGES), dense(IMAGES))
    assert type(spectral.input_layer) is kind
    assert spectral.input_layer.in_features == n_inputs
    assert isinstance(spectral.head.input_layer, SpectralLinear) == spectral_head


def test_it_takes_flat_rows_sequences_and_the_kept_channels_alone():
    images = SpectralCNN((3, 12, 8), 2, **SMALL, unit="channel").eval()
    torch.testing.assert_close(images(IMAGES.flatten(1)), images(IMAGES))
    dropped = torch.tensor([False, True, False])
    images.input_layer.drop(dropped)
    torch.testing.assert_close(images(IMAGES[:, ~dropped]), images(IMAGES))
    sequences = SpectralCNN((3, 20), 2, **SMALL, unit="channel")
    assert type(sequences.input_layer) is SpectralConv1d
    assert sequences(torch.randn(4, 3, 20)).shape == (4, 2)


def test_a_dropped_pixel_has_no_say():
    net = SpectralCNN((3, 12, 8), 2, **SMALL).eval()
    net.input_layer.drop(torch.arange(96) == 17)
    poisoned = IMAGES.clone()
    poisoned[:, :, 2, 1] = float("nan")  # 17 = 2 * 8 + 1
    torch.testing.assert_close(net(poisoned), net(IMAGES))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"unit": "pixel"}, "unit must be one of position, channel, value"),
        ({"unit": "channel", "fill": "neighbours"}, "fill must be zero with unit=channel"),
        ({"channels": ()}, "channels must"),
        ({"channels": (4,) * 5}, "5 blocks leave 0 of the positions"),
        ({"n_convolutions": (1, 2, 3)}, "n_convolutions must be .* one per block"),
        ({"pooled_size": 0}, "pooled_size must be >= 1"),
        ({"in_shape": (3,)}, "takes images"),
        ({"hidden_features": (0,)}, "hidden_features must be >= 1"),
    ],
)
def test_bad_arguments_are_refused_by_name(options, message):
    with pytest.raises(ValueError, match=message):
        SpectralCNN(**{"in_shape": (3, 12, 8), "out_features": 2, **SMALL, **options})


def test_positions_that_do_not_divide_evenly_are_pooled_to_a_few_more():
    assert SpectralCNN((1, 11, 9), 2, channels=(4,), pooled_size=4)(torch.randn(2, 1, 11, 9)).shape == (2, 2)
