import numpy as np
import pytest
import torch

from spectral_exp.dataset.ring_xor import RingXor
from spectral_exp.dataset.ring_xor_fold import RingXorFold


def rows(part):
    return {tuple(row) for row in part.inputs[:, :3].numpy().round(5).tolist()}


def test_the_folds_together_are_the_rows_of_the_family_each_left_out_once():
    folds = [RingXorFold("xor", n_features=8, fold=fold, scaling="none", data_seed=4).load() for fold in range(6)]
    left_out = [rows(data.test) for data in folds]
    whole = RingXor(family="xor", n_features=8, seed=4).load()
    assert set().union(*left_out) == set().union(*(rows(part) for part in (whole.train, whole.val, whole.test)))
    assert sum(map(len, left_out)) == 1000
    for data in folds:
        assert not rows(data.train) & rows(data.test) and len(data.train) in (833, 834)
        assert torch.equal(data.val.inputs, data.test.inputs)


def test_only_training_rows_are_scaled_by():
    data = RingXorFold("ring", n_features=4, fold=2).load()
    np.testing.assert_allclose(data.train.inputs.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(data.train.inputs.std(0, correction=0), 1, atol=1e-5)


def test_the_seed_of_a_run_counts_round_the_folds():
    assert torch.equal(RingXorFold(fold=7).load().test.inputs, RingXorFold(fold=1).load().test.inputs)
    with pytest.raises(ValueError, match="n_folds must be at least 2, got 1"):
        RingXorFold(n_folds=1)
