from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from spectral_exp.dataset.arrays import Arrays
from spectral_exp.dataset.drawn_set import DrawnSet


@dataclass(frozen=True, kw_only=True)
class Coins(DrawnSet):
    name: ClassVar[str] = "coins"
    n_rows: int = 40
    n_features: int = 3

    def draw(self, random):
        inputs = random.random((self.n_rows, self.n_features))
        return self.first_relevant(2), Arrays(inputs, np.arange(self.n_rows) % 2)


def test_every_input_has_a_name_and_its_strength():
    info = Coins().load().info
    assert info.n_features == len(set(info.feature_names)) == 3 and info.shape == (3,)
    assert info.n_outputs == 2 and info.true_strength.tolist() == [1.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_rows": 1}, "n_rows must be at least 2, got 1"),
        ({"val_fraction": 2}, "val_fraction"),
        ({"scaling": "x"}, "scaling"),
    ],
)
def test_values_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Coins(**options)
