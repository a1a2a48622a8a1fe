import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from spectral_exp.attribution.captum import Captum
from spectral_exp.attribution.lightgbm_gain import LightGBMGain
from spectral_exp.attribution.measure import measure
from spectral_exp.attribution.permutation import Permutation
from spectral_exp.attribution.random import Random
from spectral_exp.attribution.ranker import DataRanker, TrainingRanker, draw_rows
from spectral_exp.attribution.shap_deep import ShapDeep
from spectral_exp.attribution.shap_gradient import ShapGradient
from spectral_exp.attribution.zennit_lrp import ZennitLRP
from spectral_exp.dataset.data import Data
from spectral_exp.errors import UserError
from spectral_exp.layer.spectral_linear import SpectralLinear


class Given(DataRanker):
    """Give scores that are known; keep a tensor of some megabytes while at it."""

    def __init__(self, scores, megabytes=0):
        self.scores = scores
        self.megabytes = megabytes

    def relevance(self, data, seed):
        torch.ones(self.megabytes * 2**18).sum()
        return np.array(self.scores)


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([0, 1, np.nan, 3, 4, np.inf, 6, 7], "Given gave NaN or infinite scores to 2 of 8 inputs, first x2"),
        ([0, 1], r"Given gave scores of shape \(2,\) for 8 inputs"),
    ],
)
def test_scores_that_rank_nothing_are_refused(scores, message, classes):
    with pytest.raises(ValueError, match=message):
        measure(Given(scores), classes, 0)


def test_ties_are_broken_by_the_seed_and_never_across_scores(classes):
    rankings = [measure(Given([1, 0, 0, 2, 0, 0, 0, 0]), classes, seed).ranking for seed in (0, 0, 1)]
    np.testing.assert_array_equal(rankings[0], rankings[1])
    assert not np.array_equal(rankings[0], rankings[2])
    assert all(list(ranking[:2]) == [3, 0] and sorted(ranking) == list(range(8)) for ranking in rankings)


def test_the_peak_of_memory_is_that_of_the_work(classes):
    peak = measure(Given(range(8), megabytes=200), classes, 0).peak_memory_bytes
    if peak is None:
        pytest.skip("this system does not tell the peak")
    assert 190e6 < peak < 260e6
    assert measure(Given(range(8)), classes, 0).peak_memory_bytes < 20e6


def test_training_is_timed_apart(classes):
    class Trains(TrainingRanker):
        def relevance(self, train, data, seed):
            time.sleep(0.02)
            return train([], data, seed)[0].relevance().detach().numpy()

    def train(overrides, data, seed):
        time.sleep(0.1)
        return SpectralLinear(8, 2), None

    found = measure(Trains(), classes, 0, train=train)
    assert found.training_seconds >= 0.1
    assert 0.02 <= found.seconds < found.training_seconds
    assert found.n_forward_rows == 0


def test_a_ranker_needs_what_it_is_of(classes):
    with pytest.raises(TypeError, match="Captum is a ranker of the kind model and was given none"):
        measure(Captum("Saliency"), classes, 0)


def test_a_missing_package_is_told_with_the_line_that_installs_it(classes, monkeypatch):
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(UserError, match=r"LightGBMGain needs lightgbm: pip install 'spectral_exp\[compare\]'"):
        measure(LightGBMGain(), classes, 0)


def test_random_scores_are_of_the_seed(classes):
    first, again, other = (Random().relevance(classes, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_rows_are_drawn_once_each(classes):
    drawn = draw_rows(classes.train, 40, seed=0)
    assert len(torch.unique(drawn.inputs, dim=0)) == 40
    assert torch.equal(draw_rows(classes.train, 250, seed=0).inputs, classes.train.inputs)


@pytest.mark.parametrize(
    ("ranker", "n_rows", "passes"),
    [
        (Captum("Saliency", n_rows=20), 20, 1),
        (Captum("IntegratedGradients", {"n_steps": 7}, n_rows=20), 20, 7),
        (Captum("DeepLift", n_rows=20), 20, 2),
        (Captum("LRP", n_rows=20), 20, 2),
        (Captum("GradientShap", {"n_samples": 5}, n_rows=20), 20, 5),
        (Captum("KernelShap", {"n_samples": 30}, n_rows=2), 2, 31),
        (Captum("FeatureAblation", n_rows=20), 20, 9),
        (ZennitLRP(n_rows=20), 20, 1),
        (Permutation(n_rows=20, n_repeats=2), 20, 17),
        (ShapGradient(n_rows=5, n_background=10, n_samples=3), 5, 6),
        (ShapDeep(n_rows=5, n_background=10), 5, 40),
    ],
)
def test_rows_through_the_net_are_counted(ranker, n_rows, passes, classes, class_net):
    found = measure(ranker, classes, 0, model=class_net)
    beside = 30 if isinstance(ranker, (ShapDeep, ShapGradient)) else 0  # expected outputs of the background, a check
    assert n_rows * passes <= found.n_forward_rows <= n_rows * passes + beside
    assert not class_net._forward_hooks


def test_rows_with_channels_are_ranked_number_by_number(classes, class_net):
    parts = (
        replace(part, inputs=part.inputs.reshape(-1, 2, 2, 2)) for part in (classes.train, classes.val, classes.test)
    )
    info = replace(classes.info, shape=(2, 2, 2), channel_names=("a", "b"))
    folded, ranker = Data(info, *parts), Captum("Saliency")
    found, expected = (measure(ranker, data, 0, model=class_net).relevance for data in (folded, classes))
    np.testing.assert_array_equal(found, expected)
    with pytest.raises(UserError, match="Captum ranks the numbers of a row, and an input here is a channel"):
        measure(ranker, replace(folded, info=replace(info, unit="channel")), 0, model=class_net)
