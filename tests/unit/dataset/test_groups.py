import numpy as np
import pytest

from spectral_exp.dataset.groups import find_inputs, find_kept, group_inputs
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.errors import UserError

NAMES = ("age", "color=red", "color=[blue]", "x1", "x2", "x3")


@pytest.fixture
def info():
    return DatasetInfo("t", "regression", NAMES, (6,), groups=("age", "color", "color", "x1", "x2", "x3"))


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [([], []), (["x2", "age"], [0, 4]), (["color=*"], [1, 2]), (["color=[blue]"], [2]), (["x[12]", "x1"], [3, 4])],
)
def test_inputs_are_found_by_name_or_pattern(patterns, expected):
    assert find_inputs(patterns, NAMES, "keep").nonzero()[0].tolist() == expected


@pytest.mark.parametrize(
    ("pattern", "near"), [("agee", "did you mean 'age'"), ("colour=red", "did you mean 'color=red'")]
)
def test_a_name_that_fits_nothing_is_refused_with_the_nearest(pattern, near):
    with pytest.raises(UserError, match=f"^keep: no input is called '{pattern}'; {near}"):
        find_inputs([pattern], NAMES, "keep")
    with pytest.raises(UserError, match=r"the inputs are age, color=red"):
        find_inputs(["9*"], NAMES, "keep")


def test_groups_are_those_of_the_data_none_or_those_named(info):
    assert group_inputs(info, "auto").group_numbers == [0, 1, 1, 2, 3, 4]
    assert group_inputs(info, "none").groups is group_inputs(info, {}).groups is None
    named = group_inputs(info, {"size": ["x3", "age"], "rest": "color=*"})
    assert named.groups == ("size", "rest", "rest", "x1", "x2", "size")
    assert named.group_numbers == [0, 1, 1, 2, 3, 0]
    assert np.array_equal(named.feature_names, info.feature_names)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({"a": ["x1", "x9"]}, "groups.a: no input is called 'x9'"),
        ({"a": ["x*"], "b": ["x2"]}, "groups.b: 'x2' is in group 'a' already"),
        ({"age": ["x1", "x2"]}, "groups.age: an input outside of the group is called 'age'"),
        ({"a": []}, "groups.a: expected names of inputs"),
    ],
)
def test_groups_that_cannot_be_are_refused_in_one_line(info, groups, message):
    with pytest.raises(UserError, match=message) as error:
        group_inputs(info, groups)
    assert "\n" not in str(error.value)


def test_keep_takes_the_name_of_a_group_for_all_its_inputs():
    names = ("age", "color=red", "color=blue", "size")
    info = DatasetInfo("toys", "classification", names, (4,), ("a", "b"), groups=("age", "color", "color", "size"))
    assert find_kept(["color"], info).tolist() == [False, True, True, False]
    assert find_kept(["color", "age"], info).tolist() == [True, True, True, False]
    assert find_kept(["color=*"], info).tolist() == [False, True, True, False]
    assert not find_kept([], info).any()
    with pytest.raises(UserError, match="keep: no input is called 'colour'"):
        find_kept(["colour"], info)
