import datetime
import decimal

import numpy as np
import pyarrow as pa
import pytest

from spectral_exp.dataset.column_reading import (
    read_column,
    read_inputs,
    read_target,
    read_text_column,
    refuse_identifier,
)
from spectral_exp.dataset.table_columns import Column
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
    with pytest.raises(UserError, match=r"'id' has 100 different texts in 100 rows.*dataset.drop=\[id\]"):
        refuse_identifier(ids, "table.csv")
    repeated = Column("city", np.tile(np.arange(60.0), 3), categories=tuple(f"s{number}" for number in range(60)))
    refuse_identifier(repeated, "table.csv")


def test_all_columns_that_cannot_be_inputs_are_named_at_once_with_the_argument_that_leaves_them_out():
    day, days = datetime.date(2020, 1, 2), [f"day {number}" for number in range(60)]
    table = pa.table({"age": range(60), "seen on": [day] * 60, "note (free)": days, "1": [None] * 60})
    with pytest.raises(UserError) as caught:
        read_inputs(table, table.column_names, "table.csv")
    assert str(caught.value) == (
        "table.csv: 3 columns cannot be inputs, 'seen on' holds dates or times (date32[day]); 'note (free)' has 60 "
        "different texts in 60 rows, like a name or an id; '1' is empty: leave them out with "
        """'dataset.drop=[seen on,"note (free)","1"]'"""
    )
    assert [column.name for column in read_inputs(table, ["age"], "table.csv")] == ["age"]


def test_a_target_that_cannot_be_predicted_is_not_to_be_left_out():
    table = pa.table({"day": [datetime.date(2020, 1, 2)]})
    with pytest.raises(
        UserError, match=r"dataset.target: t.csv: column 'day' holds dates or times .*: name another one"
    ):
        read_target(table, "day", "t.csv")


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
