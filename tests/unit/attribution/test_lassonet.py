from itertools import pairwise

import lassonet
import numpy as np
import pytest

from spectral_exp.attribution.lassonet import LassoNet
from spectral_exp.attribution.seeding import seeded

SHORT = {"n_epochs": 2, "n_dense_epochs": 20, "first_strength": 100.0, "path_multiplier": 2.0, "batch_size": 64}


def test_scores_are_the_strengths_at_which_the_package_sees_inputs_leave(values):
    found = LassoNet([8], **SHORT).relevance(values, seed=2)
    direct = lassonet.LassoNetRegressor(
        hidden_dims=(8,),
        lambda_start=100.0,
        path_multiplier=2.0,
        batch_size=64,
        n_iters=(20, 2),
        torch_seed=2,
        device="cpu",
        verbose=0,
    )
    train, val = ((part.inputs.numpy(), part.targets.numpy()) for part in (values.train, values.val))
    with seeded(2):
        path = direct.path(*train, X_val=val[0], y_val=val[1], disable_lambda_warning=True)
    left_at = np.zeros(8)
    for before, after in pairwise(path):
        left_at[(before.selected & ~after.selected).numpy()] = after.lambda_
    np.testing.assert_allclose(found, left_at, rtol=1e-6)


def test_mistakes_are_told():
    with pytest.raises(ValueError, match="path_multiplier must be > 1, got 1"):
        LassoNet([8], path_multiplier=1.0)
    with pytest.raises(ValueError, match=r"hidden_features\[1\] must be at least 1, got 0"):
        LassoNet([8, 0])
    with pytest.raises(ValueError, match="hidden_features must name at least one layer"):
        LassoNet([])
