"""Madelon, Khan, NCI60 and mfeat: what they hold, and their folds."""

import numpy as np
import pytest
import torch

from spectral_exp.dataset.fetch import default_data_dir, is_fetched
from spectral_exp.dataset.khan import Khan
from spectral_exp.dataset.madelon import Madelon
from spectral_exp.dataset.mfeat import Mfeat
from spectral_exp.dataset.nci60 import NCI60
from spectral_exp.dataset.registry import REGISTRY
from spectral_exp.dataset.stellar_gaia import StellarGaia
from spectral_exp.dataset.stellar_miles import StellarMiles
from spectral_exp.errors import UserError

SMALL = {Madelon: (100, 500), Khan: (60, 10), NCI60: (20, 100), Mfeat: (100, 27)}


@pytest.mark.parametrize("kind", SMALL)
def test_a_set_is_read_whole_and_its_classes_fit_its_inputs(stored_science, kind):
    data = kind(str(stored_science), scaling="none").load()
    n_rows, n_features = SMALL[kind]
    assert (len(data.train) + len(data.val) + len(data.test), data.info.n_features) == (n_rows, n_features)
    first, targets = data.train.inputs[:, 0], data.train.targets
    order = torch.argsort(first)
    assert bool((targets[order].diff() >= 0).all())  # the stand-ins' first input rises with the class


def test_lines_of_rare_kinds_are_left_out(stored_science):
    assert NCI60(str(stored_science)).load().info.class_names == ("cns", "renal")


def test_families_are_groups(stored_science):
    info = Mfeat(str(stored_science)).load().info
    assert dict.fromkeys(info.groups) == dict.fromkeys(("fac", "fou", "kar", "mor", "pix", "zer"))
    assert info.feature_names[:3] == ("fac_0", "fac_1", "fou_0")


def test_over_all_folds_each_row_is_tested_once_and_parts_are_disjoint(stored_science):
    tested = []
    for fold in range(1, 6):
        data = Madelon(str(stored_science), fold=fold, scaling="none").load()
        rows = [set(map(tuple, part.inputs[:, 1:].tolist())) for part in (data.train, data.val, data.test)]
        assert not rows[0] & rows[1] and not rows[0] & rows[2] and not rows[1] & rows[2]
        assert torch.bincount(data.test.targets).tolist() == [10, 10]
        tested += data.test.inputs[:, 2].tolist()
    whole = Madelon(str(stored_science), scaling="none").load()
    every = np.concatenate([part.inputs[:, 2] for part in (whole.train, whole.val, whole.test)])
    assert sorted(tested) == sorted(every.tolist())


def test_more_folds_than_rows_of_a_class_are_refused(stored_science):
    with pytest.raises(UserError, match=r"nci60: dataset\.n_folds must be at most 10, the rows of class 'cns', got 11"):
        NCI60(str(stored_science), fold=1, n_folds=11, val_fraction=0.1).load()


REAL = {
    "madelon": (Madelon, 2600, 500, 2),
    "khan": (Khan, 83, 2308, 4),
    "nci60": (NCI60, 57, 6830, 8),
    "mfeat": (Mfeat, 2000, 649, 10),
    "stellar_miles": (lambda folder: StellarMiles(folder, target="type"), 904, 4300, 6),
    "stellar_gaia": (StellarGaia, 39851, 343, 6),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
def test_the_real_set_has_the_rows_inputs_and_classes_that_it_is_known_for(name):
    if not is_fetched(name, default_data_dir()):
        pytest.skip(f"{name} was not fetched: spectral-data fetch {name}")
    kind, n_rows, n_features, n_classes = REAL[name]
    data = kind(str(default_data_dir())).load()
    assert len(data.train) + len(data.val) + len(data.test) == n_rows
    assert (data.info.n_features, data.info.n_outputs) == (n_features, n_classes)


def test_all_are_in_the_registry_under_their_names():
    assert {*REAL, "indian_pines"} <= set(REGISTRY)
