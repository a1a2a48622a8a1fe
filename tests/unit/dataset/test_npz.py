import numpy as np
import pytest

from spectral_exp.dataset.npz import NPZ
from spectral_exp.errors import UserError

IMAGES = np.random.default_rng(0).normal(5, 2, (80, 2, 4, 3))
CODES = np.arange(80) % 2


@pytest.fixture
def save(tmp_path):
    def save(**arrays):
        np.savez(tmp_path / "toy.npz", **arrays)
        return str(tmp_path / "toy.npz")

    return save


def test_images_and_sequences_keep_their_shape_and_names(save, caplog):
    info = NPZ(save(x=IMAGES, y=CODES, channel_names=["near", "far"])).load().info
    assert (info.shape, info.channel_names, info.class_names) == ((2, 4, 3), ("near", "far"), ("0", "1"))
    assert info.feature_names[0] == "near_pixel_0_0"
    assert "is taken for" not in caplog.text
    info = NPZ(save(x=IMAGES.reshape(80, 2, 12), y=CODES)).load().info
    assert "(80, 2, 12) is taken for 2 channels of 12 positions; if its rows are images" in caplog.text
    assert "save x[:, None], of shape (80, 1, 2, 12)" in caplog.text
    assert (info.shape, info.feature_names[-1]) == ((2, 12), "channel_1_position_11")


@pytest.mark.parametrize(
    ("y", "task", "expected"),
    [
        (np.array(["a", "b"] * 40), "auto", "classification"),
        (CODES > 0, "auto", "classification"),
        (np.linspace(0, 1, 80), "auto", "regression"),
        (np.arange(80), "auto", "regression"),
        (CODES, "regression", "regression"),
    ],
)
def test_the_task_is_told_by_the_target(save, y, task, expected):
    data = NPZ(save(x=IMAGES, y=y), task=task).load()
    assert data.info.task == expected
    assert data.train.targets.is_floating_point() == (expected == "regression")


@pytest.mark.parametrize("scaling", ["standard", "minmax", "none"])
def test_every_channel_is_scaled_as_a_whole_and_a_constant_one_is_0(save, scaling):
    images = IMAGES.copy()
    images[:, 1] = 7.0
    data = NPZ(save(x=images, y=CODES), scaling=scaling).load()
    first, second = data.train.inputs[:, 0], data.train.inputs[:, 1]
    if scaling == "standard":
        assert abs(first.mean()) < 1e-5 and abs(first.std(correction=0) - 1) < 1e-5
    elif scaling == "minmax":
        assert (first.min(), first.max()) == (0, 1)
    assert (second == (7.0 if scaling == "none" else 0.0)).all()
    np.testing.assert_allclose(data.info.mean_row[1], 7.0, rtol=1e-6)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": IMAGES}, "must hold arrays x"),
        ({"x": IMAGES[:, 0, 0], "y": CODES}, r"got \(80, 3\) and \(80,\); dataset=tabular takes rows of single inputs"),
        ({"x": IMAGES, "y": CODES[:-1]}, "expected x of shape"),
        ({"x": IMAGES.astype(complex), "y": CODES}, "real numbers, got complex128"),
        ({"x": IMAGES, "y": CODES, "channel_names": ["one"]}, "channel_names must hold 2 different names, got one"),
        ({"x": np.where(IMAGES > 10, np.nan, IMAGES), "y": CODES}, "a value of row .* is missing"),
        ({"x": IMAGES, "y": np.where(CODES, np.nan, 0.5)}, "missing values in .target. .40.: rows without a target"),
    ],
)
def test_what_cannot_be_used_is_said(save, arrays, message):
    with pytest.raises(UserError, match=message):
        NPZ(save(**arrays)).load()


def test_text_is_no_quantity_and_a_file_must_be_there(save):
    with pytest.raises(UserError, match=r"dataset.task=regression needs numbers"):
        NPZ(save(x=IMAGES, y=np.array(["a", "b"] * 40)), task="regression").load()
    with pytest.raises(UserError, match=r"check dataset.path"):
        NPZ("none.npz").load()


def test_every_row_is_tested_in_one_fold(save):
    images = np.broadcast_to(np.arange(80.0)[:, None, None, None], IMAGES.shape)
    path = save(x=images, y=CODES)
    tested = [NPZ(path, scaling="none", fold=fold, n_folds=4).load().test.inputs[:, 0, 0, 0] for fold in (1, 2, 3, 4)]
    assert sorted(np.concatenate(tested)) == list(range(80))
