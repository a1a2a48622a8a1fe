import json
from dataclasses import replace

import numpy as np

from spectral_exp.dataset.axis import Axis, mean_inputs


def test_an_axis_comes_back_from_plain_values():
    axis = Axis(
        np.array([1.5, 2.5]),
        "wavelength",
        "nm",
        {"line": 2.0},
        {"index": (1.0, 2.0)},
        "indices",
        {"a": np.array([1 / 3, 1e-9])},
    )
    back = Axis.from_plain(json.loads(json.dumps(axis.to_plain())))
    assert back == axis and back != replace(axis, values=axis.values + 1)
    np.testing.assert_array_equal(back.values, axis.values)
    assert (back.label, back.marks, back.bands) == (axis.label, axis.marks, axis.bands) and back.bands_name == "indices"
    np.testing.assert_allclose(back.means["a"], axis.means["a"], rtol=1e-5)


def test_means_are_those_of_each_class_in_their_order():
    means = mean_inputs(np.array([[1.0], [3.0], [10.0]]), np.array([1, 1, 0]), ("a", "b", "absent"))
    assert {name: mean.tolist() for name, mean in means.items()} == {"a": [10.0], "b": [2.0]}


def test_a_quantity_is_cut_into_thirds():
    targets = np.arange(9.0)
    means = mean_inputs(targets[:, None], targets, ())
    assert [mean.item() for mean in means.values()] == [1.0, 4.0, 7.0]
    assert next(iter(means)) == "target 0 to 2.67"
