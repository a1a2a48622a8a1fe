import numpy as np
import torch

from spectral_exp.attribution.trained_layer import TrainedLayer
from spectral_exp.layer.spectral_linear import SpectralLinear


def test_relevance_is_the_input_layers(classes):
    layer, scale = SpectralLinear(8, 3), torch.arange(8.0)
    asked = []

    def train(overrides, data, seed):
        asked.append((overrides, data, seed))
        return layer, scale

    found = TrainedLayer(["regularization=l1"]).relevance(train, classes, seed=5)
    assert asked == [(["regularization=l1"], classes, 5)]
    np.testing.assert_allclose(found, (torch.linalg.vector_norm(layer.weight, dim=0) * scale).detach())


def test_inputs_that_left_score_below_all_that_stayed_the_last_to_leave_first(classes):
    layer = SpectralLinear(8, 3)
    layer.drop(torch.arange(8) == 6, step=10)
    layer.drop(torch.arange(8) == 1, step=20)
    found = TrainedLayer([]).relevance(lambda *_: (layer, None), classes, seed=0)
    np.testing.assert_array_equal(np.argsort(-found), layer.ranking())
    assert list(np.argsort(found)[:2]) == [6, 1]


def test_several_runs_of_different_seeds_score_by_mean_rank(classes):
    layers = {5: SpectralLinear(8, 3), 1005: SpectralLinear(8, 3)}
    found = TrainedLayer([], n_runs=2).relevance(lambda _, data, seed: (layers[seed], None), classes, seed=5)
    places = [np.argsort(layer.ranking()) for layer in layers.values()]
    np.testing.assert_allclose(found, 1 - np.mean(places, axis=0) / 8)
