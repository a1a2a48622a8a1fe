import numpy as np
import pytest

from spectral_exp.evaluation.known_truth import irrelevant_over_weakest_relevant, rank_correlation


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
