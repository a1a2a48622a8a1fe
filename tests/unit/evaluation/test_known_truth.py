import numpy as np
import pytest

from spectral_exp.evaluation.known_truth import (
    compare_with_truth,
    irrelevant_over_weakest_relevant,
    rank_correlation,
    separation_of_truth,
)


def test_rank_correlation_equals_the_textbook_formula_over_the_relevant_inputs():
    strength = np.array([0.1, 0.5, 0.9, 0.7, 0.0, 0.0])
    relevance = np.array([1.0, 2.0, 3.0, 4.0, 99.0, 98.0])
    squared = (0 - 0) ** 2 + (1 - 1) ** 2 + (2 - 3) ** 2 + (3 - 2) ** 2
    assert rank_correlation(relevance, strength) == pytest.approx(1 - 6 * squared / (4 * (16 - 1)))


def test_without_an_order_there_is_no_correlation():
    assert rank_correlation(np.ones(3), np.array([0.1, 0.2, 0.3])) is None
    assert rank_correlation(np.arange(3.0), np.zeros(3)) is None


def test_the_ratio_tells_whether_an_irrelevant_input_ranks_above_a_clear_one():
    strength = np.array([0.9, 0.4, 0.2, 0.0])
    assert irrelevant_over_weakest_relevant(np.array([3.0, 2.0, 0.1, 1.0]), strength) == 0.5
    assert irrelevant_over_weakest_relevant(np.array([3.0, 2.0, 0.1, 4.0]), strength) == 2.0
    assert irrelevant_over_weakest_relevant(np.ones(2), np.array([0.9, 0.4])) is None


@pytest.mark.parametrize("seed", range(5))
def test_separation_equals_its_definitions(seed):
    random = np.random.default_rng(seed)
    ranking, strength = random.permutation(12), np.where(random.permutation(12) < 4, 0.5, 0.0)
    place = {feature: rank for rank, feature in enumerate(ranking.tolist(), start=1)}
    relevant = sorted(place[j] for j in range(12) if strength[j] > 0)
    others = [place[j] for j in range(12) if strength[j] == 0]
    scores = separation_of_truth(ranking, strength)
    won = sum(mine < other for mine in relevant for other in others)
    assert scores["truth_auroc"] == pytest.approx(won / (4 * 8))
    assert scores["truth_average_precision"] == pytest.approx(np.mean([n / r for n, r in enumerate(relevant, start=1)]))
    assert scores["truth_best_k"] == len(set(ranking[:4].tolist()) & set(np.flatnonzero(strength).tolist())) / 4


def test_where_all_or_none_are_relevant_there_is_nothing_to_separate():
    assert separation_of_truth(np.arange(3), np.ones(3)) is None
    assert separation_of_truth(np.arange(3), np.zeros(3)) is None
    assert set(compare_with_truth(np.arange(3), np.ones(3), np.zeros(3)).values()) == {None}


def test_the_comparison_holds_every_measure():
    names = set(compare_with_truth(np.array([1, 0, 2]), np.array([2.0, 3.0, 1.0]), np.array([0.9, 0.4, 0.0])))
    assert names == {
        "spearman_with_true_strength",
        "irrelevant_over_relevant",
        "truth_auroc",
        "truth_average_precision",
        "truth_best_k",
    }
