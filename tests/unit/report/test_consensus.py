import numpy as np
import pytest

from spectral_exp.report.aggregate import problems
from spectral_exp.report.consensus import consensus, inputs_table
from tests.unit.report.synthetic import make_collected

# By rank x0 leads (1, 1, 6); x1 is selected by all, at ranks 2, 2, 1.
RUNS = [
    make_collected([0, 1], 0.9, 0),
    make_collected([0, 1], 0.9, 1),
    make_collected([1, 2, 3, 4, 5], 0.9, 2),
]


def test_frequency_and_ranks_are_those_of_the_runs() -> None:
    found = consensus(RUNS)
    ranks = np.array([[1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6], [6, 1, 2, 3, 4, 5]])
    assert found.n_runs == 3
    assert found.frequency == pytest.approx([2 / 3, 1, 1 / 3, 1 / 3, 1 / 3, 1 / 3])
    assert found.mean_rank == pytest.approx(ranks.mean(axis=0))
    assert found.sd_rank == pytest.approx(ranks.std(axis=0, ddof=1))
    assert found.relevance == pytest.approx((1 / ranks).mean(axis=0))


def test_the_two_orders_are_by_mean_rank_and_by_frequency() -> None:
    found = consensus(RUNS)
    assert found.by_mean_rank.tolist() == [2, 1, 3, 4, 5, 6]
    assert found.by_frequency.tolist() == [2, 1, 3, 4, 5, 6]
    rare_but_high = consensus(
        [make_collected([5], 0.9, 0), make_collected([5], 0.9, 1), make_collected([3, 4, 0, 1, 2], 0.9, 2)]
    )
    assert rare_but_high.by_frequency[5] == 1
    assert rare_but_high.by_mean_rank[5] == 2


def test_one_run_has_no_spread() -> None:
    assert np.isnan(consensus(RUNS[:1]).sd_rank).all()


def test_the_table_names_every_input_best_first() -> None:
    table = inputs_table(problems(RUNS))
    assert table["name"].tolist() == ["x1", "x0", "x2", "x3", "x4", "x5"]
    assert table["consensus_rank"].tolist() == [1, 2, 3, 4, 5, 6]
    assert inputs_table([]).empty
