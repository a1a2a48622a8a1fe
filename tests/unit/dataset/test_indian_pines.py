import io

import numpy as np
import pytest
from torchvision.transforms.v2 import RandomHorizontalFlip

from spectral_exp.dataset.augmentation import Augmentation
from spectral_exp.dataset.aviris import CENTRES
from spectral_exp.dataset.fetch import default_data_dir, is_fetched, read
from spectral_exp.dataset.indian_pines import IndianPines
from spectral_exp.dataset.patches import patches
from spectral_exp.dataset.units import describe_units
from spectral_exp.errors import UserError

FLIP = Augmentation({"flip": RandomHorizontalFlip()})


def test_bands_and_classes_have_their_names(stored_science):
    data = IndianPines(str(stored_science), scaling="none").load()
    assert data.info.shape == (200,)
    assert data.info.feature_names[:2] == ("400.02", "409.82")
    assert len(set(data.info.feature_names)) == 200
    assert data.info.class_names[:2] == ("Alfalfa", "Corn-notill")
    np.testing.assert_array_equal(data.test.inputs[:, 7], 1100 + 100 * data.test.targets)


def test_no_training_pixel_touches_a_pixel_of_another_part():
    codes = np.random.default_rng(0).integers(-1, 3, (40, 50))
    train, val, test = IndianPines("anywhere", block=5, gap=2).split(codes)
    assert not (train & val).any() and not (val & test).any() and not (codes[train | val | test] < 0).any()
    others = np.argwhere(val | test)
    distance = np.abs(np.argwhere(train)[:, None] - others).max(axis=2)
    assert distance.min() > 2


def test_each_labelled_pixel_is_tested_in_one_fold():
    codes = np.random.default_rng(0).integers(-1, 3, (40, 50))
    tested = sum(IndianPines("anywhere", fold=fold).split(codes)[2].astype(int) for fold in range(1, 6))
    np.testing.assert_array_equal(tested, codes >= 0)


def test_a_block_is_in_one_part_as_a_whole():
    codes = np.random.default_rng(0).integers(0, 3, (40, 50))
    _, val, test = IndianPines("anywhere", block=10, gap=0).split(codes)
    for part in (val, test):
        assert set(part.reshape(4, 10, 5, 10).mean(axis=(1, 3)).ravel()) == {0.0, 1.0}


def test_small_classes_are_left_out_and_none_left_is_told(stored_science):
    with pytest.raises(UserError, match=r"dataset\.min_pixels=10000 leaves 0 classes"):
        IndianPines(str(stored_science), min_pixels=10000).load()


def test_a_part_without_a_class_is_told(stored_science):
    with pytest.raises(UserError, match=r"part has no pixel of '.*': lower dataset\.block"):
        IndianPines(str(stored_science), block=4, gap=4).load()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_folds": 2}, "n_folds must be at least 3"),
        ({"gap": -1}, "gap"),
        ({"patch": 4}, "patch must be odd"),
        ({"augmentation": FLIP}, "augmentation is for patches"),
    ],
)
def test_values_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        IndianPines("anywhere", **options)


def test_the_bands_rise_within_each_spectrometer():
    falls = np.flatnonzero(np.diff(CENTRES) <= 0)
    assert len(CENTRES) == 200
    assert [CENTRES[at] for at in falls] == [696.5, 1282.55]


def test_no_pixel_of_the_image_is_in_the_patches_of_two_parts():
    codes = np.random.default_rng(0).integers(-1, 3, (40, 50))
    pines = IndianPines("anywhere", block=5, patch=5)
    number = np.arange(1, 2001, dtype=np.float32).reshape(40, 50, 1)
    seen = [
        set(patches(number, part, pines.whole_blocks(part), 5, np.zeros(1, np.float32)).ravel().tolist()) - {0.0}
        for part in pines.split(codes)
    ]
    assert all(seen) and not seen[0] & seen[1] and not seen[0] & seen[2] and not seen[1] & seen[2]


def test_patches_are_rows_with_bands_as_channels(stored_science):
    data = IndianPines(str(stored_science), patch=3, augmentation=FLIP).load()
    assert data.augmentation is FLIP
    assert data.train.inputs.shape[1:] == data.info.shape == (200, 3, 3)
    assert data.info.channel_names[:2] == ("400.02", "409.82")
    bands = describe_units(data.info, "channel")
    np.testing.assert_allclose(bands.axis.values, CENTRES)
    assert len(bands.axis.means) == len(bands.class_names) and len(bands.axis.means["Alfalfa"]) == 200


@pytest.mark.slow
def test_the_image_dips_where_carbon_dioxide_absorbs():
    if not is_fetched("indian_pines", default_data_dir()):
        pytest.skip("indian_pines was not fetched: spectral-data fetch indian_pines")
    cube = np.load(io.BytesIO(read("indian_pines", "Indian_pines_corrected.npy", str(default_data_dir()))))
    mean, centres = cube.reshape(-1, 200).mean(axis=0), np.array(CENTRES)
    for band in (2009, 2060):  # nm
        near = np.abs(centres - band) < 25
        dip = 1 / (mean[near] - mean[near].min() + 10)  # weighs the lowest bands
        assert abs(np.average(centres[near], weights=dip) - band) < 4
