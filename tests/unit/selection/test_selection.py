import pytest
import torch

from spectral_exp.functional.relevance import ranking
from spectral_exp.layer.spectral_linear import SpectralLinear
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


def layer(eigenvalues):
    spectral = SpectralLinear(4, 3, gauge="unit")
    with torch.no_grad():
        spectral.eigenvalues.copy_(torch.tensor(eigenvalues))
    return spectral


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (TopK(2), [True, True, False, False]),  # the one that is always kept counts
        (Threshold(0.4), [True, True, False, True]),
        (Nonzero(), [True, True, True, True]),
    ],
)
def test_what_is_always_kept_is_selected_whatever_the_rule(selection, expected):
    spectral = layer([0.0, 4.0, 1.0, 2.0])
    spectral.keep_always(torch.tensor([True, False, False, False]))
    assert selection.select(spectral, None).tolist() == expected


def test_a_group_is_selected_whole():
    spectral = SpectralLinear(4, 3, gauge="unit")
    spectral.share_eigenvalues([0, 1, 0, 1])
    with torch.no_grad():
        spectral.eigenvalues.copy_(torch.tensor([1.0, 2.0]))
    assert TopK(1).select(spectral, None).tolist() == [False, True, False, True]
    assert TopK(3).select(spectral, None).tolist() == [True] * 4
    assert Threshold(0.6).select(spectral, None).tolist() == [False, True, False, True]


def test_without_groups_the_mask_is_that_of_the_rule():
    spectral, scale = layer([1.0, 4.0, 1.0, 2.0]), torch.tensor([9.0, 1.0, 1.0, 1.0])
    assert TopK(2).select(spectral, scale).tolist() == [True, True, False, False]


def test_fewer_than_what_is_always_kept_cannot_be_asked_for():
    TopK(3).check(4, n_always_kept=3)
    with pytest.raises(ValueError, match=r"k must be at least the number of inputs that are always kept \(3\), got 2"):
        TopK(2).check(4, n_always_kept=3)
