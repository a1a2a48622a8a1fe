import numpy as np
import pytest
from PIL import Image

from spectral_exp.dataset.image_folder import ImageFolder
from spectral_exp.errors import UserError


@pytest.fixture
def folder(tmp_path):
    """Twenty images of each of two classes, wide ones and high ones, dark and light."""
    for name, size, colour in (("dark", (24, 12), (30, 0, 0)), ("light", (9, 20), (240, 220, 200))):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for number in range(20):
            Image.new("RGB", size, colour).save(tmp_path / "pets" / name / f"{number}.png")
    return tmp_path / "pets"


@pytest.mark.parametrize("colours", [True, False])
def test_images_are_brought_to_one_size_and_folders_are_classes(folder, colours):
    data = ImageFolder(str(folder), size=8, colours=colours, scaling="none").load()
    assert data.info.class_names == ("dark", "light")
    assert data.train.inputs.shape[1:] == data.info.shape == (3 if colours else 1, 8, 8)
    assert data.info.channel_names == (("red", "green", "blue") if colours else ("grey",))
    light = data.train.inputs[data.train.targets == 1]
    if colours:
        np.testing.assert_allclose(light[0, :, 4, 4] * 255, [240, 220, 200])
    assert data.train.inputs[data.train.targets == 0].max() < light.min()


def test_a_folder_that_needs_more_memory_than_allowed_is_refused_before_it_is_read(folder):
    (folder / "dark" / "0.png").write_bytes(b"no image")
    with pytest.raises(UserError, match=r"40 images of 1000 x 1000 pixels need 0.6 GB of memory: lower dataset.size"):
        ImageFolder(str(folder), size=1000, max_memory_gb=0.5).load()
    with pytest.raises(UserError, match=r"0.png is no whole image .*: remove it"):
        ImageFolder(str(folder), size=8).load()


def test_what_is_no_folder_of_classes_is_refused(folder, tmp_path):
    with pytest.raises(UserError, match=r"check dataset.path"):
        ImageFolder("nowhere").load()
    with pytest.raises(UserError, match="expected one folder of images per class"):
        ImageFolder(str(folder / "dark")).load()
    with pytest.raises(ValueError, match="size must be at least 2"):
        ImageFolder(str(folder), size=1)


def test_the_folder_that_one_stands_in_has_a_name_too(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert ImageFolder(".", size=8).load().info.name == "pets"
