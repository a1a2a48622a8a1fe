import numpy as np
import pytest

from spectral_exp.dataset.spectral_lines import (
    FRAUNHOFER_LINES,
    LICK_BANDPASSES,
    MARKED_LINES,
    distance_to_lines,
)


def test_the_lists_agree_on_the_lines_they_share():
    for name, wavelength in MARKED_LINES.items():
        assert distance_to_lines(np.array([wavelength]), FRAUNHOFER_LINES.values()) < 0.1, name
    for band, line in (("H-beta", "H-beta"), ("Na D", "Na D1"), ("Fe5270", "Fe I 5270"), ("Ca4227", "Ca I 4227")):
        assert LICK_BANDPASSES[band][0] < FRAUNHOFER_LINES[line] < LICK_BANDPASSES[band][1]


@pytest.mark.parametrize(("wavelength", "distance"), [(90.0, 10.0), (110.0, 0.0), (125.0, 5.0), (140.0, 10.0)])
def test_the_inside_of_a_bandpass_is_at_no_distance(wavelength, distance):
    assert distance_to_lines(np.array([wavelength]), [(100.0, 120.0), 150.0]) == distance
