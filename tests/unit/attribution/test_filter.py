from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.feature_selection import chi2, f_classif, f_regression, mutual_info_classif, mutual_info_regression

from spectral_exp.attribution.filter import Filter
from spectral_exp.dataset.data import Part


def test_f_is_the_variance_between_the_classes_over_that_within(classes):
    inputs, targets = classes.train.inputs.double(), classes.train.targets
    groups = [inputs[targets == label] for label in (0, 1)]
    between = sum(len(group) * (group.mean(0) - inputs.mean(0)).square() for group in groups)
    within = sum((group - group.mean(0)).square().sum(0) for group in groups) / (len(inputs) - 2)
    np.testing.assert_allclose(Filter("f_test").relevance(classes, 0), between / within, rtol=1e-4)


def test_f_of_a_regression_follows_from_the_correlation(values):
    inputs, targets = values.train.inputs.numpy().astype(float), values.train.targets.numpy().astype(float)
    squared = np.array([np.corrcoef(column, targets)[0, 1] ** 2 for column in inputs.T])
    expected = squared / (1 - squared) * (len(targets) - 2)
    np.testing.assert_allclose(Filter("f_test").relevance(values, 0), expected, rtol=1e-3)


def test_chi2_compares_sums_per_class_after_a_shift_to_0(classes):
    inputs = (classes.train.inputs - classes.train.inputs.min(0).values).double()
    targets = classes.train.targets
    observed = torch.stack([inputs[targets == label].sum(0) for label in (0, 1)])
    shares = torch.stack([(targets == label).double().mean() for label in (0, 1)])
    wanted = shares[:, None] * inputs.sum(0)
    np.testing.assert_allclose(
        Filter("chi2").relevance(classes, 0), ((observed - wanted).square() / wanted).sum(0), rtol=1e-4
    )


def test_mutual_information_is_scikit_learns(classes, values):
    for data, direct in ((classes, mutual_info_classif), (values, mutual_info_regression)):
        expected = direct(data.train.inputs.numpy(), data.train.targets.numpy(), random_state=7)
        np.testing.assert_allclose(Filter("mutual_info").relevance(data, 7), expected)


def test_f_and_chi2_are_scikit_learns(classes, values):
    for data, direct in ((classes, f_classif), (values, f_regression)):
        expected, _ = direct(data.train.inputs.numpy(), data.train.targets.numpy())
        np.testing.assert_allclose(Filter("f_test").relevance(data, 0), expected, rtol=1e-5)
    inputs = classes.train.inputs.numpy()
    expected, _ = chi2(inputs - inputs.min(axis=0), classes.train.targets.numpy())
    np.testing.assert_allclose(Filter("chi2").relevance(classes, 0), expected, rtol=1e-5)


@pytest.mark.parametrize("statistic", ["mutual_info", "f_test", "chi2"])
def test_a_constant_input_scores_0_and_one_that_is_the_class_first(statistic, classes):
    inputs = classes.train.inputs.clone()
    inputs[:, 2] = 5.0
    inputs[:, 3] = classes.train.targets.float()  # no variance within the classes: F is infinite
    scores = Filter(statistic).relevance(replace(classes, train=Part(inputs, classes.train.targets)), 0)
    assert np.isfinite(scores).all()
    assert scores[2] == 0
    assert scores.argmax() == 3


def test_an_unknown_statistic_is_refused():
    with pytest.raises(ValueError, match="statistic must be one of mutual_info, f_test, chi2"):
        Filter("anova")
