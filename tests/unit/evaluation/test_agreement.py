import itertools

import numpy as np
import pytest
from scipy.stats import spearmanr

from spectral_exp.evaluation.agreement import rank_agreement, top_k_frequency, top_k_overlap

RANKINGS = np.stack([np.random.default_rng(seed).permutation(40) for seed in range(4)])


def test_rank_agreement_is_spearmans_of_the_ranks():
    place = [{feature: rank for rank, feature in enumerate(ranking)} for ranking in RANKINGS]
    agreement = rank_agreement(RANKINGS)
    for i, j in itertools.combinations(range(4), 2):
        expected = spearmanr([place[i][f] for f in range(40)], [place[j][f] for f in range(40)]).statistic
        assert agreement[i, j] == pytest.approx(expected) == agreement[j, i]


def test_overlap_counts_common_members_of_the_tops():
    overlap = top_k_overlap(RANKINGS, 7)
    for i, j in itertools.product(range(4), repeat=2):
        assert overlap[i, j] == pytest.approx(len(set(RANKINGS[i][:7]) & set(RANKINGS[j][:7])) / 7)


def test_a_single_ranking_agrees_with_itself():
    assert rank_agreement(RANKINGS[:1]).tolist() == [[1.0]] and top_k_overlap(RANKINGS[:1], 3).tolist() == [[1.0]]


def test_a_method_counts_once_whatever_its_number_of_seeds():
    often = top_k_frequency([RANKINGS[:3], RANKINGS[3:]], 5)
    for feature in range(40):
        of_first = sum(feature in ranking[:5] for ranking in RANKINGS[:3]) / 3
        assert often[feature] == pytest.approx((of_first + (feature in RANKINGS[3][:5])) / 2)
