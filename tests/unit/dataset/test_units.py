import pytest
import torch

from spectral_exp.dataset.channel_data import describe_channels
from spectral_exp.dataset.data import Data, Part
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.dataset.units import describe_units

INFO = describe_channels("toy", "regression", (2, 3, 4), ("near", "far"))


@pytest.mark.parametrize(
    ("unit", "first", "shape", "is_image"),
    [
        ("value", "near_pixel_0_0", (2, 3, 4), False),
        ("position", "pixel_0_0", (3, 4), True),
        ("channel", "near", (2,), False),
        ("activation", "activation_0", (7,), False),
    ],
)
def test_inputs_are_named_and_laid_out_by_what_has_an_eigenvalue(unit, first, shape, is_image):
    info = describe_units(INFO, unit, n_activations=7)
    assert (info.feature_names[0], info.feature_shape, info.is_image) == (first, shape, is_image)
    assert info.n_features == torch.zeros(shape).numel()
    assert DatasetInfo.from_plain(info.to_plain()) == info


def test_the_scale_of_an_input_is_the_root_mean_square_over_its_values():
    rows = torch.randn(50, 2, 3, 4) * torch.arange(1, 25).reshape(2, 3, 4)
    variance = rows.var(0, correction=0)
    expected = {"value": variance.flatten(), "position": variance.mean(0).flatten(), "channel": variance.mean((1, 2))}
    for unit, squares in expected.items():
        part = Part(rows, torch.zeros(50))
        torch.testing.assert_close(Data(describe_units(INFO, unit), part, part, part).input_scale, squares.sqrt())
    assert Data(describe_units(INFO, "activation", 7), part, part, part).input_scale is None


def test_grey_pixels_stay_what_they_were():
    grey = DatasetInfo("grey", "regression", ("a", "b", "c", "d"), shape=(2, 2))
    assert describe_units(grey, "position") is grey
    with pytest.raises(ValueError, match="one channel only"):
        describe_units(grey, "channel")
