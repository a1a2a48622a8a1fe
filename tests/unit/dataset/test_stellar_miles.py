import builtins

import numpy as np
import pytest
import torch

from spectral_exp.dataset.stellar_miles import StellarMiles, read_star
from spectral_exp.errors import UserError


def test_a_spectrum_is_divided_by_its_maximum_and_named_by_wavelength(stored_science):
    data = StellarMiles(str(stored_science), scaling="none").load()
    assert data.info.feature_names[:2] == ("3900.5", "3901.4")
    assert data.info.axis.label == "wavelength [Å]"
    np.testing.assert_allclose(data.info.axis.values[:3], [3900.5, 3901.4, 3902.3])
    assert torch.allclose(data.train.inputs.max(dim=1).values, torch.tensor(1.0))


@pytest.mark.parametrize(("target", "low", "high"), [("fe_h", -6.25, -0.25), ("teff", 4500, 9000), ("logg", 4.0, 4.9)])
def test_stars_without_the_value_are_left_out(stored_science, target, low, high):
    data = StellarMiles(str(stored_science), target=target).load()
    assert len(data.train) + len(data.val) + len(data.test) == 119
    values = data.train.targets * data.info.target_scale + data.info.target_mean
    assert low - 1e-3 <= values.min() < values.max() <= high + 1e-3


def test_types_are_told_apart_in_the_order_asked_for(stored_science):
    data = StellarMiles(str(stored_science), target="type", classes=["M", "B"], scaling="none").load()
    assert data.info.class_names == ("M", "B")
    rises = data.train.inputs[:, -1] / data.train.inputs[:, 0]  # 7 for M, 2 for B
    assert torch.equal(rises > 4, data.train.targets == 0)
    assert set(data.info.axis.means) == {"M", "B"}


@pytest.mark.parametrize(
    ("text", "letter"),
    [("G8III", "G"), ("sdF6", "F"), ("07Ia", "O"), ("GB", None), ("AGB", None), ("HB", None), ("M?", None), ("", None)],
)
def test_the_letter_of_a_spectral_type(text, letter):
    assert read_star(f"{'HD1':<23}{'0001':<13}{text:<14}  5000   4.0   --")["type"] == letter


def test_a_malformed_number_is_mended_and_gaps_are_none():
    star = read_star(f"{'HD044691A':<23}{'022.':<13}{'A3m':<14}  7950   3.95   --   333")
    assert star == {"number": "0221", "type": "A", "teff": 7950.0, "logg": 3.95, "fe_h": None}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "mass"}, "target must be one of fe_h, teff, logg, type"),
        ({"target": "type", "classes": ["A"]}, "classes must be two or more different ones of O, B, A, F, G, K, M"),
        ({"target": "type", "classes": ["A", "X"]}, "classes must be two or more"),
        ({"classes": ["A", "F"]}, "classes are for target=type"),
        ({"fold": 6}, "fold must be from 1 to n_folds=5, got 6"),
        ({"fold": 1, "n_folds": 1}, "n_folds must be at least 2"),
    ],
)
def test_values_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        StellarMiles("anywhere", **options)


def test_without_astropy_the_extra_is_named(stored_science, monkeypatch):
    imports = builtins.__import__

    def without_astropy(name, *rest):
        if name.startswith("astropy"):
            raise ImportError(name)
        return imports(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_astropy)
    with pytest.raises(UserError, match=r"needs astropy.*pip install 'spectral_exp\[science\]'"):
        StellarMiles(str(stored_science)).load()
