import shlex

import numpy as np
import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from spectral_exp.dataset.table_columns import (
    Column,
    drop_argument,
    fill_missing,
    refuse_infinite,
    refuse_missing,
    to_inputs,
)
from spectral_exp.errors import UserError


def test_gaps_and_infinities_are_counted_per_column():
    columns = [Column(f"c{k}", np.array([np.nan] * k + [np.inf] * (8 - k))) for k in range(1, 8)]
    with pytest.raises(UserError, match=r"missing values in 'c1' \(1\), .*'c5' \(5\) and 2 more columns: do this"):
        refuse_missing(columns, "table.csv", "do this")
    with pytest.raises(UserError, match=r"infinite values in 'c1' \(7\), 'c2' \(6\)"):
        refuse_infinite(columns, "table.csv")


@pytest.mark.parametrize(("strategy", "value"), [("mean", 2.0), ("median", 1.0), ("most_frequent", 1.0)])
def test_gaps_are_filled_with_what_the_training_rows_show(strategy, value):
    numbers = Column("n", np.array([1.0, 1.0, 4.0, np.nan, 900.0]))
    text = Column("t", np.array([1.0, 1.0, 0.0, np.nan, 0.0]), categories=("a", "b"))
    filled = fill_missing([numbers, text], strategy, train=np.array([0, 1, 2, 3]))
    np.testing.assert_array_equal(filled[0].numbers, [1, 1, 4, value, 900])
    np.testing.assert_array_equal(filled[1].numbers, [1, 1, 0, 1, 0])


def test_inputs_stand_side_by_side_in_the_order_of_their_names():
    columns = [Column("n", np.array([5.0, 6.0])), Column("t", np.array([1.0, 0.0]), categories=("a", "b"))]
    np.testing.assert_array_equal(to_inputs(columns), [[5, 0, 1], [6, 1, 0]])


@pytest.mark.parametrize(
    "names",
    [["id", "date"], ["lab 1", "BP (mm)", "a,b"], ["it's", 'say "x"', "{a: 1}", "null", "1"], ["größe"]],
)
def test_the_argument_that_leaves_columns_out_is_read_back_as_written(names):
    (argument,) = shlex.split(drop_argument(names))
    (override,) = OverridesParser.create().parse_overrides([argument])
    assert [str(value) for value in override.value()] == names
