"""Runs on rows with channels: inputs are pixels, channels or activations, in every file of the run folder."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from spectral_exp.cli.compose import compose_config
from spectral_exp.dataset.npz import NPZ
from spectral_exp.errors import UserError
from spectral_exp.load import load_run
from spectral_exp.report.figures import draw_figures
from spectral_exp.run import run
from spectral_exp.tracking.checkpoint import read_checkpoint

PIXEL, CHANNEL = 14, 1  # row 2, column 2 of 6 x 6, in green: all that the class depends on
CNN = (
    "model=spectral_cnn",
    "model.channels=[8]",
    "size=linear",
    "trainer=cpu",
    "tracking=every_epoch",
    "batch_size=20",
)
PATH = ("regularization=path", "selection=nonzero", "regularization.strength=1e-3", "optimizer.lr=1e-2")


@pytest.fixture
def images(tmp_path):
    """240 noisy images of three channels; the sign of one value of them is the class."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(240, 3, 6, 6)).astype(np.float32)
    y = x[:, CHANNEL].reshape(240, 36)[:, PIXEL] > 0
    np.savez(tmp_path / "toy.npz", x=x, y=y, channel_names=["red", "green", "blue"])
    return "dataset=npz", f"dataset.path={tmp_path / 'toy.npz'}"


@pytest.mark.parametrize(
    ("unit", "n_inputs", "best", "n_final"),
    [
        ("position", 36, "pixel_2_2", 4),
        ("channel", 3, "green", 1),
        ("value", 108, "green_pixel_2_2", 4),
    ],
)
def test_every_file_speaks_of_what_has_an_eigenvalue(images, run_here, unit, n_inputs, best, n_final):
    folder = run_here(
        *images, *CNN, *PATH, f"model.unit={unit}", f"regularization.n_final={n_final}", "trainer.max_epochs=12"
    )
    ranking = pd.read_csv(folder / "ranking.csv")
    assert len(ranking) == n_inputs
    assert ranking.name[0] == best
    assert np.load(folder / "mask.npy").sum() == n_final
    curve = pd.read_csv(folder / "masking_curve.csv")
    assert curve.n_kept.iloc[-1] == n_inputs
    assert curve.accuracy[curve.n_kept == n_final].item() == curve.accuracy.iloc[-1], "the rest has left the net"
    loaded = load_run(folder)
    assert loaded.info.n_features == loaded.trace.eigenvalues.shape[1] == n_inputs
    rows = torch.randn(5, 3, 6, 6)
    on_row = loaded.model.input_layer.over_row(torch.from_numpy(loaded.mask))
    torch.testing.assert_close(
        loaded.model(torch.where(on_row, rows, float("nan"))), loaded.model(torch.where(on_row, rows, 0.0))
    )
    drawn = {path.stem for path in draw_figures(folder)}
    assert ("relevance_map" in drawn) == (unit == "position")
    assert "relevance" in drawn


def test_dropped_channels_leave_the_batches(images, run_here, monkeypatch):
    from spectral_exp.model.conv_net import ConvNet

    seen, forward = [], ConvNet.forward

    def spy(self, inputs):
        if self.training:
            seen.append(inputs.shape[1])
        return forward(self, inputs)

    monkeypatch.setattr(ConvNet, "forward", spy)
    run_here(*images, *CNN, *PATH, "model.unit=channel", "regularization.n_final=1", "trainer.max_epochs=4")
    assert seen[0] == 3
    assert seen[-1] == 1
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize(
    ("model", "n_inputs"), [(["model=dense_cnn", "model.pooled_size=1"], 3), (["model=dense_mlp"], 108)]
)
def test_the_baselines_are_ranked_too(images, run_here, model, n_inputs):
    folder = run_here(*images, *model, "size=linear", "regularization=none", "trainer=cpu", "trainer.max_epochs=1")
    assert len(pd.read_csv(folder / "ranking.csv")) == n_inputs


def test_activations_of_a_backbone_are_ranked_and_refitted(images, run_here, tmp_path):
    torchvision = pytest.importorskip("torchvision")
    weights = tmp_path / "weights.pt"
    torch.save(torchvision.models.shufflenet_v2_x0_5().state_dict(), weights)
    folder = run_here(
        *images,
        "model=spectral_head",
        "model.backbone=shufflenet_v2_x0_5",
        f"model.weights={weights}",
        "model.image_size=32",
        "model.is_frozen=true",
        "size=linear",
        "regularization=l1",
        "selection=top_k",
        "selection.k=20",
        "refit.epochs=1",
        "trainer=cpu",
        "trainer.max_epochs=1",
    )
    assert pd.read_csv(folder / "ranking.csv").name[0].startswith("activation_")
    weights.unlink()  # the checkpoint has them
    loaded = load_run(folder)
    assert loaded.info.n_features == 1024
    assert loaded.model.input_layer.n_kept == 20


def test_a_resumed_run_draws_the_same_changes_of_images(images, tmp_path):
    crop = (
        "+dataset/augmentation=crop_flip",
        "dataset.augmentation.transforms.crop.size=6",
        "dataset.augmentation.transforms.crop.padding=1",
    )
    asked = (*images, *CNN, *crop, "regularization=l1", "regularization/schedule=constant")
    states = []
    for name, epochs in (("straight", (4,)), ("resumed", (2, 4))):
        for index, n_epochs in enumerate(epochs):
            resume = (f"resume={tmp_path / name}",) if index else ()
            overrides = [*asked, *resume, f"trainer.max_epochs={n_epochs}", "lr_schedule=constant"]
            run(compose_config(overrides), tmp_path / name, overrides)
        states.append(read_checkpoint(tmp_path / name / "checkpoints" / "last.ckpt")["state_dict"])
    torch.testing.assert_close(states[0], states[1], rtol=0, atol=0)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["+dataset/augmentation=crop_flip", "dataset.augmentation.transforms.crop.size=4"],
            r"dataset.augmentation does not work on toy: augmentation crop turns rows of shape \(3, 6, 6\)",
        ),
        (["model.unit=pixel"], "model.unit must be one of position, channel, value, got 'pixel'"),
        (["model.channels=[4,4,4,4]"], "model: channels: 4 blocks leave 0 of the positions"),
    ],
)
def test_what_cannot_work_is_said_before_training(images, run_here, overrides, message):
    with pytest.raises(UserError, match=message):
        run_here(*images, *CNN, *overrides)


def test_augmentation_needs_whole_images(images, run_here):
    with pytest.raises(UserError, match="needs a model that takes whole images"):
        run_here(*images, "+dataset/augmentation=crop_flip", "dataset.augmentation.transforms.crop.size=6")


def test_one_channel_leaves_nothing_to_select(tmp_path, run_here):
    np.savez(tmp_path / "grey.npz", x=np.zeros((60, 1, 6, 6)), y=np.arange(60) % 2)
    with pytest.raises(UserError, match="rows of grey have one channel only"):
        run_here("dataset=npz", f"dataset.path={tmp_path / 'grey.npz'}", *CNN, "model.unit=channel")


def test_the_description_of_the_rows_is_read_back_whole(images, run_here):
    folder = run_here(*images, *CNN, "trainer.max_epochs=1")
    info, path = load_run(folder).info, images[1].partition("=")[2]
    again = NPZ(path).load().info
    assert json.loads((folder / "dataset.json").read_text())["unit"] == info.unit == "position"
    assert (info.shape, info.channel_names) == (again.shape, again.channel_names)
    np.testing.assert_allclose(info.mean_row, again.mean_row)
