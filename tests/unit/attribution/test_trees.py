"""Importance of trees: against a direct call of the library."""

import lightgbm
import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from spectral_exp.attribution.lightgbm_gain import LightGBMGain
from spectral_exp.attribution.random_forest import RandomForest


def test_the_forest_is_scikit_learns(classes, values):
    for data, kind in ((classes, RandomForestClassifier), (values, RandomForestRegressor)):
        forest = kind(n_estimators=5, random_state=3).fit(data.train.inputs.numpy(), data.train.targets.numpy())
        np.testing.assert_allclose(RandomForest(5).relevance(data, seed=3), forest.feature_importances_)


def test_gain_is_the_sum_over_lightgbms_splits(classes, values):
    for data, objective in ((classes, "binary"), (values, "regression")):
        rows = lightgbm.Dataset(data.train.inputs.numpy(), data.train.targets.numpy(), params={"verbose": -1})
        booster = lightgbm.train({"objective": objective, "verbose": -1}, rows, num_boost_round=5)
        splits = booster.trees_to_dataframe().dropna(subset="split_gain")
        expected = [splits.split_gain[splits.split_feature == f"Column_{feature}"].sum() for feature in range(8)]
        np.testing.assert_allclose(LightGBMGain(5).relevance(data, seed=3), expected, rtol=1e-3)


def test_no_trees_are_refused():
    with pytest.raises(ValueError, match="n_trees must be at least 1, got 0"):
        RandomForest(0)
