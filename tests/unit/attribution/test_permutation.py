import numpy as np
import pytest
import torch
from torch.nn import functional as F

from spectral_exp.attribution.permutation import Permutation
from spectral_exp.errors import UserError


def by_hand(score, inputs, seed, n_repeats):
    """scikit-learn's order of draws: one seed for all inputs, of which each is shuffled n times in a row."""
    state = np.random.RandomState(seed).randint(np.iinfo(np.int32).max + 1)
    found = []
    for feature in range(inputs.shape[1]):
        generator, order = np.random.RandomState(state), np.arange(len(inputs))
        permuted, drops = inputs.clone(), []
        for _ in range(n_repeats):
            generator.shuffle(order)
            permuted[:, feature] = permuted[:, feature][order]
            drops.append(score(inputs) - score(permuted))
        found.append(np.mean(drops))
    return np.array(found)


def test_it_is_the_loss_of_shuffled_inputs_over_that_of_true_ones(classes, class_net):
    found = Permutation(n_rows=250, n_repeats=2).relevance(class_net, classes, seed=4)

    @torch.no_grad()
    def score(inputs):
        return -float(F.cross_entropy(class_net(inputs), classes.train.targets))

    np.testing.assert_allclose(found, by_hand(score, classes.train.inputs, 4, 2), rtol=1e-4, atol=1e-6)


def test_accuracy_and_squared_error_too(classes, class_net, values, value_net):
    found = Permutation(n_rows=250, n_repeats=1, score="accuracy").relevance(class_net, classes, seed=4)

    @torch.no_grad()
    def accuracy(inputs):
        return float((class_net(inputs).argmax(1) == classes.train.targets).double().mean())

    np.testing.assert_allclose(found, by_hand(accuracy, classes.train.inputs, 4, 1), atol=1e-9)
    found = Permutation(n_rows=250, n_repeats=1).relevance(value_net, values, seed=4)

    @torch.no_grad()
    def error(inputs):
        return -float((value_net(inputs).squeeze(1) - values.train.targets).square().mean())

    np.testing.assert_allclose(found, by_hand(error, values.train.inputs, 4, 1), rtol=1e-4, atol=1e-6)


def test_accuracy_of_a_regression_is_refused(values):
    with pytest.raises(UserError, match="planted is a regression; use score=loss"):
        Permutation(score="accuracy").check(values.info)
