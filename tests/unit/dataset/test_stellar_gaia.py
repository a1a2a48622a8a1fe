import pytest
import torch

from spectral_exp.dataset.stellar_gaia import StellarGaia


def size(data):
    return len(data.train) + len(data.val) + len(data.test)


def test_a_star_that_is_listed_twice_counts_once(stored_science):
    data = StellarGaia(str(stored_science)).load()
    assert size(data) == 90
    assert data.info.class_names == ("M", "K", "G", "F", "A", "B")
    assert (data.info.feature_names[0], data.info.feature_names[-1]) == ("336", "1020")


def test_classes_are_ranges_of_temperature(stored_science):
    data = StellarGaia(str(stored_science), classes=["A", "F"], scaling="none").load()
    assert size(data) == 30
    assert torch.equal(data.test.inputs[:, 0] > 1.5, data.test.targets == 0)  # 8500 K / 5000 K against 6500 / 5000


def test_marks_are_in_the_unit_of_the_axis(stored_science):
    axis = StellarGaia(str(stored_science)).load().info.axis
    assert axis.unit == "nm"
    assert axis.marks["H-beta"] == pytest.approx(486.133)


def test_errors_join_their_flux_as_a_group(stored_science):
    info = StellarGaia(str(stored_science), errors=True).load().info
    assert info.n_features == 2 * 343
    assert info.feature_names[343] == "error_336"
    assert info.groups[0] == info.groups[343] == "336"
    assert info.axis.values[0] == info.axis.values[343] == 336


def test_balanced_classes_have_as_many_rows_as_the_rarest(store):
    from astropy.io import fits  # noqa: F401  (the stand-in is written by it)

    from tests.science_files import gaia

    folder = store("stellar_gaia", gaia())
    data = StellarGaia(str(folder), classes=["A", "B"], balanced=True).load()
    counts = sum(torch.bincount(part.targets, minlength=2) for part in (data.train, data.val, data.test))
    assert counts.tolist() == [15, 15]


@pytest.mark.parametrize("target", ["teff", "logg", "fe_h"])
def test_parameters_are_quantities(stored_science, target):
    assert StellarGaia(str(stored_science), target=target).load().info.task == "regression"


def test_classes_are_refused_for_a_quantity():
    with pytest.raises(ValueError, match="classes and balanced are for target=class, got target=teff"):
        StellarGaia("anywhere", target="teff", balanced=True)
    with pytest.raises(ValueError, match="target must be one of"):
        StellarGaia("anywhere", target="mass")
