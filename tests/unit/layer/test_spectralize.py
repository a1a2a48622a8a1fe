import pytest
import torch
from torch import nn

from spectral_exp.layer.spectral_conv import SpectralConv1d, SpectralConv2d
from spectral_exp.layer.spectral_linear import SpectralLinear
from spectral_exp.layer.spectralize import spectralize


class Residual(nn.Module):
    """Declares its layers in another order than it calls them."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(6, 2)
        self.trunk = nn.Sequential(nn.BatchNorm2d(6), nn.ReLU())
        self.stem = nn.Conv2d(3, 6, 3, padding=1)

    def forward(self, images):
        hidden = self.stem(images)
        return self.head((hidden + self.trunk(hidden)).mean((2, 3)))


class Branching(Residual):
    """Cannot be traced on symbols."""

    def forward(self, images):
        return super().forward(images if images.sum() > 0 else -images)


class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, rows):
        return self.layer(self.layer(rows))


IMAGES = torch.randn(2, 3, 5, 5)


@pytest.mark.parametrize("gauge", ["free", "unit"])
@pytest.mark.parametrize("how", [{}, {"example": IMAGES}, {"example": (IMAGES,)}, {"name": "stem"}])
def test_the_first_layer_is_found_and_outputs_and_modes_stay(gauge, how):
    model = Residual().eval()
    before = model(IMAGES)
    weight = model.stem.weight.detach().clone()
    model.train()
    assert spectralize(model, gauge=gauge, **how) is model
    assert isinstance(model.stem, SpectralConv2d)
    assert type(model.head) is nn.Linear
    assert all(layer.training for layer in model.modules())
    torch.testing.assert_close(model.stem.weight, weight)
    assert model.trunk[0].num_batches_tracked == 0, "the example must not be learned from"
    torch.testing.assert_close(model.eval()(IMAGES), before)


def test_a_layer_inside_others_and_one_alone():
    model = nn.Sequential(nn.Flatten(), nn.Sequential(nn.Dropout(), nn.Linear(75, 4)), nn.Linear(4, 2))
    assert isinstance(spectralize(model)[1][1], SpectralLinear)
    assert isinstance(spectralize(nn.Conv1d(2, 3, 3)), SpectralConv1d)


def test_what_cannot_be_traced_wants_an_example_or_a_name():
    with pytest.raises(ValueError, match=r"Branching cannot be traced .*example input, or the name"):
        spectralize(Branching())
    assert isinstance(spectralize(Branching(), example=IMAGES).stem, SpectralConv2d)


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        (Residual, {"name": "steam"}, "no layer 'steam'; those that can be taken: head, stem"),
        (Residual, {"name": "trunk.0"}, "layer 'trunk.0' of Residual: a BatchNorm2d has no spectral form"),
        (Shared, {}, "uses layer 'layer' more than once"),
        (Shared, {"example": torch.ones(4)}, "uses layer 'layer' more than once"),
        (lambda: nn.Sequential(nn.Embedding(3, 4), nn.Linear(4, 2)), {}, "a Embedding has no spectral form"),
        (lambda: nn.Sequential(nn.Conv2d(4, 4, 3, groups=4)), {}, "layer '0' of Sequential: groups must be 1"),
        (nn.ReLU, {}, "ReLU calls no layer with parameters"),
    ],
)
def test_what_cannot_be_is_said(model, options, message):
    with pytest.raises(ValueError, match=message):
        spectralize(model(), **options)


def test_a_layer_under_two_names_is_refused():
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    model.append(model[0])
    with pytest.raises(ValueError, match="more than once"):
        spectralize(model, name="0")


def test_a_torchvision_net_gives_the_same_outputs():
    torchvision = pytest.importorskip("torchvision")
    torch.manual_seed(0)
    model = torchvision.models.resnet18().eval()
    before = model(IMAGES.repeat(1, 1, 7, 7))
    spectralize(model, gauge="unit")
    assert model.conv1.in_features == 3
    torch.testing.assert_close(model(IMAGES.repeat(1, 1, 7, 7)), before, rtol=1e-4, atol=1e-5)
