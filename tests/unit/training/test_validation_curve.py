import pytest
import torch

from spectral_exp.dataset.digits import Digits
from spectral_exp.training.validation_curve import folds_of, median_of_three


def test_the_median_takes_out_a_lucky_spike_and_a_dip_and_leaves_a_steady_rise():
    assert median_of_three([1, 2, 3, 4]) == [1, 2, 3, 4]
    assert median_of_three([1, 2, 9, 3, 4, 0, 5]) == [1, 2, 3, 4, 3, 4, 5]
    assert [median_of_three(values) for values in ([], [1], [1, 2])] == [[], [1], [1, 2]]


def test_every_training_and_validation_row_validates_in_one_fold():
    data = Digits(seed=0).load()
    rows = torch.cat([data.train.inputs, data.val.inputs])
    folds = list(folds_of(data, 4, seed=0))
    validated = torch.cat([fold.val.inputs for fold in folds])
    assert sorted(validated.tolist()) == sorted(rows.tolist())
    for fold in folds:
        assert len(fold.train) + len(fold.val) == len(rows)
        assert fold.test is data.test
        shares = fold.val.targets.bincount() / len(fold.val) - data.train.targets.bincount() / len(data.train)
        assert shares.abs().max() == pytest.approx(0, abs=0.01)
