import torch

from spectral_exp.functional.relevance import ranking, relevance


def test_relevance_is_the_norm_of_each_column():
    weight = torch.tensor([[3.0, 0.0, -1.0], [4.0, 0.0, 0.0]])
    assert relevance(weight).tolist() == [5.0, 0.0, 1.0]


def test_input_scale_enters_as_a_factor():
    weight = torch.tensor([[3.0, 2.0], [4.0, 0.0]])
    assert relevance(weight, torch.tensor([0.1, 2.0])).tolist() == [0.5, 4.0]


def test_scale_split_between_eigenvalue_and_eigenvector_does_not_matter():
    torch.manual_seed(0)
    eigenvalues, eigenvectors, factor = torch.randn(6), torch.randn(4, 6), torch.rand(6) + 0.5
    rescaled = (eigenvectors / factor) * (eigenvalues * factor)
    torch.testing.assert_close(relevance(rescaled), relevance(eigenvectors * eigenvalues))


def test_removed_inputs_rank_below_all_kept_ones_last_removed_first():
    scores = torch.tensor([9.0, 0.1, 0.2, 8.0, 7.0])
    dropped_at = torch.tensor([10, -1, -1, 20, 20])
    assert ranking(scores, dropped_at).tolist() == [2, 1, 3, 4, 0]


def test_ties_keep_the_order_of_the_inputs():
    assert ranking(torch.zeros(5)).tolist() == [0, 1, 2, 3, 4]


def test_permuting_the_inputs_permutes_the_ranking():
    torch.manual_seed(1)
    scores, order = torch.rand(20), torch.randperm(20)
    assert order[ranking(scores[order])].tolist() == ranking(scores).tolist()
