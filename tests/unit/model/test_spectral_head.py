import pytest
import torch

from spectral_exp.model.spectral_head import SpectralHead

torchvision = pytest.importorskip("torchvision")

IMAGES = torch.randn(4, 3, 32, 32)


def make(**options):
    torch.manual_seed(0)
    return SpectralHead((3, 32, 32), 2, (5,), **{"backbone": "shufflenet_v2_x0_5", **options})


def test_every_pooled_feature_has_an_eigenvalue_and_the_dropped_have_no_say():
    net = make().eval()
    assert net.input_layer.in_features == 1024
    outputs = net(IMAGES)
    dropped = torch.arange(1024) >= 10
    net.input_layer.drop(dropped)
    assert net(IMAGES).shape == outputs.shape == (4, 2)
    assert net.input_layer.n_kept == 10


def test_a_frozen_backbone_stays_as_it_is():
    net = make(is_frozen=True).train()
    before = {name: value.clone() for name, value in net.backbone.state_dict().items()}
    optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
    net(IMAGES).square().sum().backward()
    optimizer.step()
    assert all(torch.equal(value, before[name]) for name, value in net.backbone.state_dict().items())
    assert net.input_layer.eigenvalues.grad is not None
    assert make().train()(IMAGES).requires_grad


def test_weights_come_from_a_file_with_or_without_the_classifier(tmp_path):
    torch.manual_seed(7)
    whole = torchvision.models.shufflenet_v2_x0_5(num_classes=3)
    torch.save(whole.state_dict(), tmp_path / "weights.pt")
    net = make(weights=str(tmp_path / "weights.pt"))
    assert torch.equal(net.backbone.conv1[0].weight, whole.conv1[0].weight)


def test_grey_images_are_shown_three_times():
    torch.manual_seed(0)
    grey = SpectralHead((1, 32, 32), 2, backbone="shufflenet_v2_x0_5", image_size=40).eval()
    assert grey(torch.randn(2, 1, 32, 32)).shape == (2, 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backbone": "resnet19"}, "backbone must be a model of torchvision, got 'resnet19'; the nearest are resnet"),
        ({"weights": "none.pt"}, "weights: there is no file none.pt"),
        ({"in_shape": (5, 32, 32)}, "1 or 3 channels"),
        ({"image_size": 0}, "image_size must be >= 1"),
        ({"backbone": "squeezenet1_1", "in_shape": (3, 8, 8)}, "cannot take images of shape .* set image_size"),
    ],
)
def test_bad_arguments_are_refused_by_name(options, message):
    arguments = {"in_shape": (3, 32, 32), "out_features": 2, "backbone": "shufflenet_v2_x0_5", **options}
    with pytest.raises(ValueError, match=message):
        SpectralHead(**arguments)


def test_a_file_of_another_net_is_refused(tmp_path):
    torch.save({"weight": torch.zeros(2)}, tmp_path / "weights.pt")
    with pytest.raises(ValueError, match="is no state dict of ShuffleNetV2"):
        make(weights=str(tmp_path / "weights.pt"))
