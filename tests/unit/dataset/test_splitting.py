import numpy as np
import pytest
import torch

from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.dataset.splitting import (
    Arrays,
    Fold,
    check_fractions,
    check_scaling,
    fold_rows,
    hold_out,
    make_data,
    split_and_scale,
    split_rows,
)
from spectral_exp.errors import UserError


def info(task="classification", n_features=3):
    names = tuple(f"c{index}" for index in range(n_features))
    return DatasetInfo("table", task, names, (n_features,), class_names=("a", "b") if task == "classification" else ())


def test_parts_are_disjoint_cover_all_rows_and_have_the_asked_sizes():
    rows = split_rows("t", 1000, 0.1, 0.2, seed=3)
    assert (len(rows.train), len(rows.val), len(rows.test)) == (700, 100, 200)
    assert sorted(np.concatenate([rows.train, rows.val, rows.test])) == list(range(1000))


def test_every_class_is_split_in_proportion():
    classes = np.repeat([0, 1, 2], [600, 300, 100])
    rows = split_rows("t", 1000, 0.1, 0.2, 0, classes, ("a", "b", "c"))
    for part, share in ((rows.train, 0.7), (rows.val, 0.1), (rows.test, 0.2)):
        assert np.bincount(classes[part]).tolist() == [600 * share, 300 * share, 100 * share]


def test_the_split_depends_on_the_seed_alone():
    first, again, other = (split_rows("t", 100, 0.1, 0.2, seed) for seed in (1, 1, 2))
    assert np.array_equal(first.train, again.train)
    assert not np.array_equal(first.train, other.train)


def test_rows_set_aside_come_from_the_rows_given():
    kept, held = hold_out(np.arange(50, 100), 10, seed=0)
    assert len(held) == 10
    assert sorted([*kept, *held]) == list(range(50, 100))


@pytest.mark.parametrize("fractions", [(0.0, 0.2), (1.0, 0.2), (0.1, -0.1), (0.5, 0.5)])
def test_fractions_that_leave_a_part_empty_are_refused(fractions):
    with pytest.raises(ValueError, match="fraction"):
        check_fractions(*fractions)


def test_an_unknown_scaling_is_refused():
    with pytest.raises(ValueError, match="scaling must be one of standard, minmax, max_abs, none, got 'robust'"):
        check_scaling("robust")


def test_a_class_with_too_few_rows_is_named_with_its_count():
    classes = np.array([0] * 50 + [1] * 2)
    with pytest.raises(UserError, match="class 'rare' has 2 rows"):
        split_rows("t", 52, 0.2, 0.2, 0, classes, ("common", "rare"))


def test_one_class_only_is_refused():
    with pytest.raises(UserError, match="one class only \\('a'\\)"):
        split_rows("t", 10, 0.2, 0.2, 0, np.zeros(10, dtype=int), ("a",))


def test_a_part_with_fewer_rows_than_classes_is_refused():
    classes = np.arange(40) % 8
    with pytest.raises(UserError, match="val part would have 4 of 40 rows, fewer rows than classes \\(8\\)"):
        split_rows("t", 40, 0.1, 0.2, 0, classes, tuple("abcdefgh"))


def test_a_table_too_small_to_split_is_refused():
    with pytest.raises(UserError, match="3 rows are too few"):
        split_rows("t", 3, 0.1, 0.1, 0)


def test_standard_scaling_is_fitted_on_the_training_rows_and_leaves_constants_at_zero():
    random = np.random.default_rng(0)
    inputs = random.normal([5.0, 0.0, 0.1], [2.0, 0.01, 0.0], (200, 3))
    data = split_and_scale(info(), Arrays(inputs, np.arange(200) % 2), 0.2, 0.2, 0, "standard")
    rows = split_rows("t", 200, 0.2, 0.2, 0, np.arange(200) % 2, ("a", "b"))
    train = inputs[rows.train]
    expected = (inputs[rows.test] - train.mean(0))[:, :2] / train.std(0)[:2]
    assert data.train.inputs.dtype == torch.float32
    torch.testing.assert_close(data.input_scale[:2], torch.ones(2))
    torch.testing.assert_close(data.test.inputs[:, :2], torch.tensor(expected, dtype=torch.float32))
    assert torch.equal(data.train.inputs[:, 2].round(decimals=6), torch.zeros(120))


def test_minmax_scaling_brings_training_rows_to_the_unit_interval():
    inputs = np.random.default_rng(0).normal(size=(100, 3))
    data = split_and_scale(info(), Arrays(inputs, np.arange(100) % 2), 0.2, 0.2, 0, "minmax")
    torch.testing.assert_close(data.train.inputs.amin(0), torch.zeros(3))
    torch.testing.assert_close(data.train.inputs.amax(0), torch.ones(3))


def test_regression_targets_are_standardised_by_the_training_rows_and_can_be_restored():
    inputs, targets = np.zeros((6, 3)), np.array([1.0, 2.0, 3.0, 4.0, 10.0, 20.0])
    parts = [Arrays(inputs[rows], targets[rows]) for rows in (slice(0, 4), slice(4, 5), slice(5, 6))]
    data = make_data(info("regression"), *parts, scaling="none")
    assert data.info.target_mean == 2.5
    assert data.info.target_scale == pytest.approx(np.std([1, 2, 3, 4]))
    assert data.test.targets.item() * data.info.target_scale + data.info.target_mean == pytest.approx(20)
    assert data.test.targets.dtype == torch.float32


def test_a_constant_regression_target_is_refused():
    arrays = Arrays(np.zeros((4, 3)), np.full(4, 7.0))
    with pytest.raises(UserError, match="target is 7 in every training row"):
        make_data(info("regression"), arrays, arrays, arrays, "none")


def test_inputs_beyond_single_precision_are_refused_by_name():
    arrays = Arrays(np.array([[0.0, 1e200, 0.0], [0.0, 1.0, 0.0]]), np.array([0, 1]))
    with pytest.raises(UserError, match="'c1' is too large"):
        make_data(info(), arrays, arrays, arrays, "none")


@pytest.mark.parametrize("scaling", ["standard", "minmax", "none"])
def test_the_scaling_is_told_well_enough_to_repeat_it(scaling):
    random = np.random.default_rng(0)
    inputs = random.normal([5.0, 1e6, 0.1], [2.0, 0.01, 0.0], (200, 3))
    data = split_and_scale(info(), Arrays(inputs, np.arange(200) % 2), 0.2, 0.2, 0, scaling)
    rows = split_rows("t", 200, 0.2, 0.2, 0, np.arange(200) % 2, ("a", "b"))
    shift, divisor = data.info.input_shift, data.info.input_divisor
    assert (shift is None and divisor is None) == (scaling == "none")
    repeated = inputs[rows.test] if shift is None else (inputs[rows.test] - shift) / divisor
    torch.testing.assert_close(data.test.inputs, torch.tensor(repeated, dtype=torch.float32), rtol=1e-6, atol=1e-6)


def test_each_fold_is_the_test_once_with_its_classes_in_proportion():
    classes = np.repeat([0, 1], [80, 20])
    parts = [split_rows("t", 100, 0.1, 0.2, 0, classes, ("a", "b"), Fold(number, 4)) for number in range(1, 5)]
    assert sorted(np.concatenate([part.test for part in parts])) == list(range(100))
    for part in parts:
        assert np.bincount(classes[part.test]).tolist() == [20, 5]
        assert sorted(np.concatenate([part.train, part.val, part.test])) == list(range(100))


def test_folds_of_a_quantity_and_of_another_seed():
    first, other = (split_rows("t", 30, 0.1, 0.2, seed, fold=Fold(1, 3)).test for seed in (0, 1))
    assert len(first) == 10
    assert not np.array_equal(first, other)


def test_more_folds_than_rows_are_refused():
    with pytest.raises(UserError, match=r"t: dataset.n_folds must be at most 5, the rows, got 6"):
        split_rows("t", 5, 0.2, 0.2, 0, fold=Fold(1, 6))


@pytest.mark.parametrize(("fold", "message"), [((0, 5), "fold must be from 1 to n_folds=5"), ((1, 1), "n_folds")])
def test_a_fold_that_does_not_exist_is_refused(fold, message):
    with pytest.raises(ValueError, match=message):
        Fold(*fold)


def test_a_region_is_in_one_fold_as_a_whole():
    regions = np.repeat(np.arange(20), 5)
    classes = np.tile([0, 1], 50)
    for rows in fold_rows(100, 4, 0, classes, regions):
        assert len(np.unique(regions[rows])) * 5 == len(rows)
