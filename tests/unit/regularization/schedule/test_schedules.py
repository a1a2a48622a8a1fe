import pytest

from spectral_exp.regularization.schedule.constant import Constant
from spectral_exp.regularization.schedule.cosine import Cosine
from spectral_exp.regularization.schedule.linear import Linear
from spectral_exp.regularization.schedule.warmup import Warmup


@pytest.mark.parametrize(
    ("schedule", "start", "middle", "end"),
    [
        (Constant(), 1, 1, 1),
        (Warmup(fraction=1.0), 0, 0.5, 1),
        (Warmup(fraction=0.25), 0, 1, 1),
        (Linear(start=0.2, end=1.0), 0.2, 0.6, 1.0),
        (Cosine(start=1.0, end=0.0), 1, 0.5, 0),
    ],
)
def test_factors_at_start_middle_and_end(schedule, start, middle, end):
    assert [schedule(0.0), schedule(0.5), schedule(1.0)] == pytest.approx([start, middle, end])


@pytest.mark.parametrize("make", [lambda: Warmup(0), lambda: Warmup(1.5), lambda: Linear(-1, 1), lambda: Cosine(0, -1)])
def test_values_out_of_range_are_refused(make):
    with pytest.raises(ValueError, match="must be"):
        make()
