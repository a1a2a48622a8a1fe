import itertools
import math

import pytest

from spectral_exp.tracking.schedule import EveryEpoch, LogSteps, Off


@pytest.mark.parametrize("every", [1, 2, 3])
def test_every_epoch_records_the_start_and_the_ends_of_epochs(every):
    schedule, steps_per_epoch = EveryEpoch(every), 7
    recorded = [
        step
        for step in range(6 * steps_per_epoch + 1)
        if schedule(step, max(step - 1, 0) // steps_per_epoch, is_epoch_end=step > 0 and step % steps_per_epoch == 0)
    ]
    assert recorded == list(range(0, 6 * steps_per_epoch + 1, every * steps_per_epoch))


@pytest.mark.parametrize("per_decade", [1, 3, 20])
def test_log_steps_records_about_so_many_steps_per_decade(per_decade):
    schedule = LogSteps(per_decade)
    recorded = [step for step in range(1, 100_001) if schedule(step, 0, is_epoch_end=False)]
    for decade in range(1, 5):
        n_recorded = sum(10**decade <= step < 10 ** (decade + 1) for step in recorded)
        assert n_recorded == pytest.approx(per_decade, rel=0.3 if decade == 1 else 0)
    late = [step for step in recorded if step >= 100]
    assert max(math.log10(later / earlier) for earlier, later in itertools.pairwise(late)) < 1.1 / per_decade
    assert {1, 10, 100, 1000, 10_000, 100_000} <= set(recorded)


def test_log_steps_records_the_start_and_heeds_no_epochs():
    schedule = LogSteps(20)
    assert schedule(0, 0, is_epoch_end=False)
    for step in (1, 9, 9_999, 10_000):
        assert schedule(step, 0, is_epoch_end=True) == schedule(step, 5, is_epoch_end=False)


def test_off_records_nothing():
    assert not any(Off()(step, step, is_epoch_end=True) for step in range(100))


def test_less_than_one_is_refused():
    with pytest.raises(ValueError, match="every must be at least 1, got 0"):
        EveryEpoch(0)
    with pytest.raises(ValueError, match="per_decade must be at least 1, got -1"):
        LogSteps(-1)
