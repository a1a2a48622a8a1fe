import pytest
import torch

from spectral_exp.functional.relevance import ranking
from spectral_exp.selection.curve_selection import ScoreCurve
from spectral_exp.selection.nonzero import Nonzero
from spectral_exp.selection.one_se import OneSE
from spectral_exp.selection.threshold import Threshold
from spectral_exp.selection.top_k import TopK

RELEVANCE = torch.tensor([0.0, 4.0, 1.0, 2.0])


def select(selection, relevance):
    return selection(relevance, ranking(relevance)).tolist()


def test_top_k_keeps_exactly_k_even_among_ties():
    assert select(TopK(2), RELEVANCE) == [False, True, False, True]
    assert select(TopK(2), torch.ones(4)) == [True, True, False, False]


def test_top_k_goes_on_with_dropped_inputs_in_the_order_of_the_ranking():
    assert TopK(2)(torch.tensor([0.0, 0.0, 1.0]), torch.tensor([2, 0, 1])).tolist() == [True, False, True]


def test_threshold_is_relative_to_the_largest_or_absolute():
    assert select(Threshold(0.3), RELEVANCE) == [False, True, False, True]
    assert select(Threshold(0.3, relative=False), RELEVANCE) == [False, True, True, True]
    assert not any(select(Threshold(5.0, relative=False), RELEVANCE))


def test_nonzero_keeps_what_is_not_exactly_zero():
    assert select(Nonzero(), torch.tensor([0.0, 1e-30])) == [False, True]


@pytest.mark.parametrize(("error", "k"), [(0.0, 20), (0.02, 10), (0.05, 5), (1.0, 2)])
def test_one_se_keeps_the_fewest_inputs_within_the_error_of_the_best(error, k):
    # The error is that of the best score; the others' do not count.
    curve = ScoreCurve([2, 5, 10, 20, 40], [0.5, 0.86, 0.89, 0.9, 0.88], [9.0, 9.0, 9.0, error, 9.0], True)
    choice = OneSE().choose(curve)
    assert (choice.k, choice.best_k, choice.best_score, choice.standard_error) == (k, 20, 0.9, error)


def test_of_an_error_the_smallest_is_the_best():
    curve = ScoreCurve([2, 5, 10], [3.0, 1.2, 1.0], [0.1, 0.1, 0.3], is_higher_better=False)
    assert OneSE().choose(curve).k == 5


def test_one_se_keeps_all_that_is_left_until_there_are_scores():
    assert select(OneSE(), RELEVANCE) == [False, True, True, True]


def test_more_inputs_than_there_are_cannot_be_kept():
    with pytest.raises(ValueError, match=r"k must be at most the number of inputs \(4\), got 5"):
        TopK(5).check(4)


@pytest.mark.parametrize(
    "make", [lambda: TopK(0), lambda: Threshold(-0.1), lambda: Threshold(1.0), lambda: OneSE(folds=1)]
)
def test_values_out_of_range_are_refused(make):
    with pytest.raises(ValueError, match="must be"):
        make()
