import numpy as np
import pytest

from spectral_exp.dataset.splitting import Split, check_fractions, fold_rows, hold_out
from spectral_exp.errors import UserError


def test_parts_are_disjoint_cover_all_rows_and_have_the_asked_sizes():
    rows = Split(0.1, 0.2, seed=3).rows("t", 1000)
    assert (len(rows.train), len(rows.val), len(rows.test)) == (700, 100, 200)
    assert sorted(np.concatenate([rows.train, rows.val, rows.test])) == list(range(1000))


def test_every_class_is_split_in_proportion():
    classes = np.repeat([0, 1, 2], [600, 300, 100])
    rows = Split(0.1, 0.2, seed=0).rows("t", 1000, classes, ("a", "b", "c"))
    for part, share in ((rows.train, 0.7), (rows.val, 0.1), (rows.test, 0.2)):
        assert np.bincount(classes[part]).tolist() == [600 * share, 300 * share, 100 * share]


def test_the_split_depends_on_the_seed_alone():
    first, again, other = (Split(0.1, 0.2, seed).rows("t", 100) for seed in (1, 1, 2))
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


def test_a_class_with_too_few_rows_is_named_with_its_count():
    classes = np.array([0] * 50 + [1] * 2)
    with pytest.raises(UserError, match="class 'rare' has 2 rows"):
        Split(0.2, 0.2, seed=0).rows("t", 52, classes, ("common", "rare"))


def test_one_class_only_is_refused():
    with pytest.raises(UserError, match="one class only \\('a'\\)"):
        Split(0.2, 0.2, seed=0).rows("t", 10, np.zeros(10, dtype=int), ("a",))


def test_a_part_with_fewer_rows_than_classes_is_refused():
    classes = np.arange(40) % 8
    with pytest.raises(UserError, match="val part would have 4 of 40 rows, fewer rows than classes \\(8\\)"):
        Split(0.1, 0.2, seed=0).rows("t", 40, classes, tuple("abcdefgh"))


def test_a_table_too_small_to_split_is_refused():
    with pytest.raises(UserError, match="3 rows are too few"):
        Split(0.1, 0.1, seed=0).rows("t", 3)


def test_each_fold_is_the_test_once_with_its_classes_in_proportion():
    classes = np.repeat([0, 1], [80, 20])
    parts = [Split(0.1, 0.2, 0, fold, n_folds=4).rows("t", 100, classes, ("a", "b")) for fold in range(1, 5)]
    assert sorted(np.concatenate([part.test for part in parts])) == list(range(100))
    for part in parts:
        assert np.bincount(classes[part.test]).tolist() == [20, 5]
        assert sorted(np.concatenate([part.train, part.val, part.test])) == list(range(100))


def test_folds_of_a_quantity_and_of_another_seed():
    first, other = (Split(0.1, 0.2, seed, fold=1, n_folds=3).rows("t", 30).test for seed in (0, 1))
    assert len(first) == 10
    assert not np.array_equal(first, other)


def test_more_folds_than_rows_are_refused():
    with pytest.raises(UserError, match=r"t: dataset.n_folds must be at most 5, the rows, got 6"):
        Split(0.2, 0.2, seed=0, fold=1, n_folds=6).rows("t", 5)


@pytest.mark.parametrize(("fold", "message"), [((0, 5), "fold must be from 1 to n_folds=5"), ((1, 1), "n_folds")])
def test_a_fold_that_does_not_exist_is_refused(fold, message):
    with pytest.raises(ValueError, match=message):
        Split(0.1, 0.2, 0, *fold)


def test_a_region_is_in_one_fold_as_a_whole():
    regions = np.repeat(np.arange(20), 5)
    classes = np.tile([0, 1], 50)
    for rows in fold_rows(100, 4, 0, classes, regions):
        assert len(np.unique(regions[rows])) * 5 == len(rows)
