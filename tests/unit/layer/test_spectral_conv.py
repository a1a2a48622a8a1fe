import pytest
import torch
from torch import nn

from spectral_exp.layer.spectral_conv import SpectralConv1d, SpectralConv2d


@pytest.mark.parametrize("gauge", ["free", "unit"])
@pytest.mark.parametrize(("spectral", "plain"), [(SpectralConv1d, nn.Conv1d), (SpectralConv2d, nn.Conv2d)])
def test_it_starts_as_the_plain_layer_under_the_same_seed(spectral, plain, gauge):
    torch.manual_seed(3)
    expected = plain(4, 6, 3, stride=2)
    after_plain = torch.rand(1)
    torch.manual_seed(3)
    layer = spectral(4, 6, 3, stride=2, gauge=gauge)
    assert torch.equal(after_plain, torch.rand(1)), "it must draw as many random numbers"
    torch.testing.assert_close(layer.weight, expected.weight)
    assert torch.equal(layer.bias, expected.bias)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"stride": 2, "padding": 1},
        {"padding": "same"},
        {"padding": "valid"},
        {"padding": (2, 1), "padding_mode": "reflect"},
        {"padding": "same", "padding_mode": "circular", "dilation": 2},
        {"bias": False},
    ],
)
def test_conversion_from_and_to_a_plain_layer_keeps_the_outputs(options):
    plain = nn.Conv2d(3, 5, 3, **options)
    images = torch.randn(2, 3, 8, 9)
    spectral = SpectralConv2d.from_conv(plain, gauge="unit")
    torch.testing.assert_close(spectral(images), plain(images))
    torch.testing.assert_close(spectral(images[0]), plain(images[0]))
    back = spectral.to_conv()
    assert isinstance(back, nn.Conv2d)
    torch.testing.assert_close(back(images), plain(images))


def test_the_plain_layer_of_what_is_left_takes_the_kept_channels():
    layer = SpectralConv2d(4, 2, 3)
    images = torch.randn(2, 4, 6, 6)
    dropped = torch.tensor([False, True, True, False])
    layer.drop(dropped)
    torch.testing.assert_close(layer.to_conv()(images[:, ~dropped]), layer(images))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"in_channels": 0}, "in_channels"),
        ({"groups": 2}, "groups must be 1"),
        ({"gauge": "none"}, "gauge must be"),
        ({"padding": "sane"}, "padding"),
    ],
)
def test_bad_arguments_are_refused_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        SpectralConv2d(**{"in_channels": 2, "out_channels": 2, "kernel_size": 3, **arguments})
