import pytest

from spectral_exp.report.names import shorten


@pytest.mark.parametrize("width", [4, 5, 10, 27])
def test_a_long_name_keeps_both_ends_within_the_width(width: int) -> None:
    short = shorten("temperature_of_sensor_number=12", width)
    assert len(short) == width
    assert "…" in short
    assert short[0] == "t"
    assert short[-1] == "2"


def test_a_short_name_stays_as_it_is() -> None:
    assert shorten("région=Île", 10) == "région=Île"


def test_what_cannot_be_printed_is_left_out() -> None:
    assert shorten("a\nb\x1b[31m\tc", 20) == "a b [31m c"
