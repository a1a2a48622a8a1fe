import pytest

from spectral_exp.dataset.scaling import check_scaling


def test_an_unknown_scaling_is_refused():
    with pytest.raises(ValueError, match="scaling must be one of standard, minmax, max_abs, none, got 'robust'"):
        check_scaling("robust")
