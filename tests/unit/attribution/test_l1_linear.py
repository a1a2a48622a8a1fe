import numpy as np
import pytest
from sklearn.linear_model import Lasso, LogisticRegression

from spectral_exp.attribution.l1_linear import L1Linear, largest_strength


def test_the_lasso_has_the_strength_that_does_best_on_the_validation_rows(values):
    inputs, targets = values.train.inputs.numpy(), values.train.targets.numpy()
    largest = np.abs(inputs.T @ (targets - targets.mean())).max() / len(targets)
    errors, coefficients = [], []
    for strength in (0.9, 0.1):
        model = Lasso(alpha=strength * largest).fit(inputs, targets)
        errors.append(np.square(model.predict(values.val.inputs.numpy()) - values.val.targets.numpy()).mean())
        coefficients.append(np.abs(model.coef_))
    assert errors[1] < errors[0]
    np.testing.assert_allclose(
        L1Linear([0.9, 0.1], max_iter=1000).relevance(values, seed=0), coefficients[1], rtol=1e-4, atol=1e-6
    )


def test_logistic_regression_meets_the_conditions_of_its_penalty(classes):
    """Karush-Kuhn-Tucker: |gradient| is the strength where a coefficient is not 0, and at most that elsewhere."""
    strength = 0.3 * largest_strength(classes)
    inputs, targets = classes.train.inputs.numpy(), classes.train.targets.numpy()
    model = LogisticRegression(C=1 / strength, l1_ratio=1.0, solver="saga", max_iter=5000, random_state=0)
    coefficients = model.fit(inputs, targets).coef_[0]
    gradient = inputs.T @ (model.predict_proba(inputs)[:, 1] - targets)
    is_zero = coefficients == 0
    assert is_zero.any()
    np.testing.assert_allclose(np.abs(gradient[~is_zero]), strength, rtol=0.02)
    assert (np.abs(gradient[is_zero]) < 1.02 * strength).all()
    np.testing.assert_allclose(L1Linear([0.3], max_iter=5000).relevance(classes, seed=0), np.abs(coefficients))


def test_at_a_strength_of_1_nothing_would_be_left(classes):
    assert not L1Linear([0.9999], max_iter=1000).relevance(classes, seed=0)[[0, 2, 3, 5, 7]].any()
    with pytest.raises(ValueError, match=r"strengths must be between 0 and 1, got \[1\.0\]"):
        L1Linear([1.0])
