import datetime
import decimal

import numpy as np
import pyarrow as pa
import pytest

from spectral_exp.dataset.table_columns import (
    Column,
    fill_missing,
    read_column,
    read_text_column,
    refuse_identifiers,
    refuse_infinite,
    refuse_missing,
    to_inputs,
)
from spectral_exp.errors import UserError


def column(values, type=None):
    return read_column(pa.table({"c": pa.array(values, type)}), "c", "table.csv")


@pytest.mark.parametrize(
    ("values", "type", "expected"),
    [
        ([1, None, 3], pa.int64(), [1, np.nan, 3]),
        ([1.5, float("nan")], pa.float32(), [1.5, np.nan]),
        ([True, None, False], pa.bool_(), [1, np.nan, 0]),
        ([decimal.Decimal("1.25")], pa.decimal128(10, 2), [1.25]),
        ([2**63], pa.uint64(), [2.0**63]),
        (["1", " 2.5", "-3e2", None], pa.string(), [1, 2.5, -300, np.nan]),
    ],
)
def test_numbers_of_every_type_are_read(values, type, expected):
    found = column(values, type)
    np.testing.assert_array_equal(found.numbers, expected)
    assert found.categories is None
    assert found.input_names == ("c",)


@pytest.mark.parametrize("type", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_text_becomes_categories_in_order(type):
    found = column(["red", None, "blue", "red"], type)
    assert found.categories == ("blue", "red")
    np.testing.assert_array_equal(found.numbers, [1, np.nan, 0, 1])
    assert found.input_names == ("c=blue", "c=red")


def test_text_among_numbers_is_named_with_its_row():
    values = [str(number) for number in range(30)]
    values[17], values[22] = "n/k", "?"
    with pytest.raises(UserError, match=r"column 'c' holds numbers, but row 18 \(not counting the header\) says 'n/k'"):
        column(values)


def test_text_with_a_few_numbers_is_categories():
    assert column(["a", "b", "1", "2"]).categories == ("1", "2", "a", "b")


@pytest.mark.parametrize(
    ("values", "type", "message"),
    [
        ([datetime.date(2020, 1, 2)], None, r"dates or times \(date32\[day\]\)"),
        ([None, None], pa.string(), "column 'c' is empty"),
        ([[1], [2]], None, "expected numbers or text"),
    ],
)
def test_columns_that_cannot_be_numbers_are_refused(values, type, message):
    with pytest.raises(UserError, match=message):
        column(values, type)


def test_identifiers_are_refused_and_many_repeated_values_are_not():
    ids = Column("id", np.arange(100.0), categories=tuple(f"s{number}" for number in range(100)))
    with pytest.raises(UserError, match=r"'id' has 100 different values in 100 rows.*dataset.drop=\[id\]"):
        refuse_identifiers([ids], "table.csv")
    repeated = Column("city", np.tile(np.arange(60.0), 3), categories=tuple(f"s{number}" for number in range(60)))
    refuse_identifiers([repeated], "table.csv")


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


@pytest.mark.parametrize(("n_texts", "is_told"), [(2, True), (4, True), (6, False), (10, False)])
def test_a_column_of_numbers_and_text_that_becomes_text_is_told(n_texts, is_told, caplog):
    values = ["n/a"] * n_texts + [str(number) for number in range(10 - n_texts)]
    column = read_text_column(pa.array(values), "dose", "table.csv")
    assert column.categories is not None
    told = [
        f"table.csv: column 'dose' is taken as text, one input per value: {10 - n_texts}0% of it are numbers, "
        "but 'n/a' is none"
    ]
    assert caplog.messages == (told if is_told else [])
