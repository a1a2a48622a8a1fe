import numpy as np
import pytest

from spectral_exp.report.pareto import pareto_front


@pytest.mark.parametrize("seed", range(5))
def test_the_front_is_what_no_pair_beats(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n_inputs, score = rng.integers(1, 8, 40).astype(float), rng.integers(0, 10, 40) / 10

    def is_beaten(one: int) -> bool:
        return any(
            n_inputs[other] <= n_inputs[one]
            and score[other] >= score[one]
            and (n_inputs[other] < n_inputs[one] or score[other] > score[one])
            for other in range(40)
        )

    assert pareto_front(n_inputs, score).tolist() == [not is_beaten(one) for one in range(40)]


def test_runs_without_a_score_are_never_on_it() -> None:
    assert pareto_front(np.array([1.0, 2.0, np.nan]), np.array([np.nan, 0.5, 0.9])).tolist() == [False, True, False]
