import pytest

from spectral_exp.errors import UserError
from spectral_exp.sweep.combinations import combinations

VALUES = {"size": ["tiny", "large"], "seed": ["0", "1", "2"], "strength": ["1e-3", "3e-3"], "data": ["digits"]}


def test_by_default_every_value_meets_every_other():
    found = list(combinations(VALUES))
    assert len(found) == len(set(found)) == 12
    assert found[:2] == [("tiny", "0", "1e-3", "digits"), ("tiny", "0", "3e-3", "digits")]


def test_paired_values_go_side_by_side_and_meet_the_combined_ones():
    found = list(combinations(VALUES, combined=["seed"]))
    pairs = [("tiny", "1e-3"), ("large", "3e-3")]
    assert found == [(size, seed, strength, "digits") for size, strength in pairs for seed in ("0", "1", "2")]


def test_pairs_of_unequal_length_are_refused_with_their_lengths():
    with pytest.raises(UserError, match="paired must be equally many: size has 2, seed has 3, strength has 2"):
        list(combinations(VALUES, combined=[]))


def test_without_any_list_there_is_one_job():
    for combined in (None, [], ["seed"]):
        assert list(combinations({"seed": ["1"]}, combined)) == [("1",)]
