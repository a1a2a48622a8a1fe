import math

import numpy as np
import pytest
from scipy import stats

from spectral_exp.functional.stability import nogueira_stability
from spectral_exp.report.aggregate import configurations_table, estimate, problems
from tests.unit.report.synthetic import make_collected

SCORES = [0.90, 0.94, 0.92]
SELECTED = [[0, 1], [0, 2], [0, 1]]


def three_seeds(**settings: str) -> list:
    return [make_collected(SELECTED[seed], SCORES[seed], seed, **settings) for seed in range(3)]


def test_the_interval_is_that_of_students_t() -> None:
    values = [1.0, 2.0, 4.0, 4.5]
    found = estimate(values, confidence=0.9)
    low, high = stats.t.interval(0.9, 3, loc=np.mean(values), scale=stats.sem(values))
    assert (found.n, found.mean, found.sd) == (4, np.mean(values), pytest.approx(np.std(values, ddof=1)))
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))
    assert found.standard_error == pytest.approx(stats.sem(values))


def test_one_value_has_a_mean_and_no_interval() -> None:
    found = estimate([2.0, math.nan])
    assert (found.n, found.mean) == (1, 2.0)
    assert all(math.isnan(value) for value in (found.sd, found.low, found.high, found.standard_error))
    assert math.isnan(estimate([]).mean)


def test_runs_that_differ_in_the_seed_alone_are_one_configuration() -> None:
    (problem,) = problems([*three_seeds(size="tiny"), *three_seeds(size="small")])
    tiny, small = problem.configurations
    assert (len(tiny.runs), len(small.runs)) == (3, 3)
    assert tiny.with_selected.mean == pytest.approx(np.mean(SCORES))
    assert tiny.whole_net.mean == pytest.approx(np.mean(SCORES) + 0.01)
    assert tiny.n_selected.mean == 2
    assert problem.varied == ["size"]
    assert problem.label(tiny) == "size=tiny"


def test_stability_is_that_of_the_masks() -> None:
    (problem,) = problems(three_seeds())
    masks = np.array([[feature in selected for feature in range(6)] for selected in SELECTED])
    assert problem.configurations[0].stability == nogueira_stability(masks)


def test_folds_are_averaged_like_seeds() -> None:
    runs = [
        make_collected([0], 0.1 * fold, seed, **{"dataset.fold": str(fold)}) for seed in (0, 1) for fold in (1, 2, 3)
    ]
    ((configuration,),) = [problem.configurations for problem in problems(runs)]
    assert len(configuration.runs) == 6
    assert configuration.with_selected.mean == pytest.approx(0.2)
    assert configuration.repeated_over == "seeds and folds"
    assert runs[1].repetition == "seed 0, fold 2"


def test_a_repetition_with_the_same_seed_counts_once() -> None:
    (problem,) = problems([make_collected([0], 0.5, 0), make_collected([1], 0.9, 0), make_collected([0], 0.7, 1)])
    (configuration,) = problem.configurations
    assert configuration.with_selected.mean == pytest.approx(0.8)  # the later run of seed 0
    assert configuration.with_selected.n == 2


def test_other_data_is_another_problem() -> None:
    runs = [
        make_collected([0], 0.9),
        make_collected([0], 3.0, task="regression"),
        make_collected([0], 0.9, n_features=4),
        make_collected([0], 0.9, **{"dataset.target": "other"}),
    ]
    assert len(problems(runs)) == 4
    assert {problem.score.metric for problem in problems(runs)} == {"accuracy", "mae"}


def test_the_table_has_a_row_per_configuration() -> None:
    table = configurations_table(problems([*three_seeds(size="tiny"), make_collected([0], 0.8, size="small")]))
    assert table["size"].tolist() == ["tiny", "small"]
    assert table["n_runs"].tolist() == [3, 1]
    assert table["test/accuracy_with_selected_mean"].tolist() == pytest.approx([np.mean(SCORES), 0.8])
    assert table["stability"].isna().tolist() == [False, True]
