import numpy as np
import pandas as pd
import pytest

from spectral_exp.dataset.table_file import read_table
from spectral_exp.errors import UserError


def written(folder, text, name="table.csv", encoding="utf-8"):
    path = folder / name
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize(("name", "separator"), [("t.csv", ","), ("t.csv", ";"), ("t.tsv", "\t"), ("t.txt", "\t")])
def test_the_separator_is_told_from_the_header(tmp_path, name, separator):
    table = read_table(written(tmp_path, "a|b|c\n1|2.5|x\n3|4.5|y z\n".replace("|", separator), name))
    assert table.to_pydict() == {"a": [1, 3], "b": [2.5, 4.5], "c": ["x", "y z"]}


def test_quoted_fields_blank_lines_and_a_byte_order_mark_are_read(tmp_path):
    table = read_table(written(tmp_path, '\ufeffa,b\n1,"x, y"\n\n2,"two\nlines"\n'))
    assert table.to_pydict() == {"a": [1, 2], "b": ["x, y", "two\nlines"]}


@pytest.mark.parametrize(("row", "n_fields"), [("4,5", 2), ("4,5,6,7", 4)], ids=["too few", "too many"])
def test_a_ragged_row_is_named_by_file_and_line(tmp_path, row, n_fields):
    path = written(tmp_path, f"a,b,c\n1,2,3\n\n{row}\n7,8,9\n")
    with pytest.raises(UserError, match=rf"table.csv, line 4: {n_fields} fields, but the header has 3"):
        read_table(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "Empty CSV file"), ("a,b\n", "has no rows"), ("a,b,a\n1,2,3\n", "two columns are called 'a'")],
)
def test_empty_files_and_repeated_names_are_refused(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        read_table(written(tmp_path, text))


@pytest.mark.parametrize("text", ["a,b\ncafé,1\n", "é,b\n1,2\n"])
def test_other_encodings_are_refused(tmp_path, text):
    with pytest.raises(UserError, match="not UTF-8"):
        read_table(written(tmp_path, text, encoding="latin-1"))


def test_missing_files_folders_and_unknown_kinds_are_refused(tmp_path):
    with pytest.raises(UserError, match=r"nowhere.csv does not exist: check dataset.path"):
        read_table(tmp_path / "nowhere.csv")
    with pytest.raises(UserError, match="is a folder"):
        read_table(tmp_path)
    with pytest.raises(UserError, match=r"cannot read .xlsx; expected .csv, .tsv, .txt, .parquet, .npz"):
        read_table(written(tmp_path, "", "book.xlsx"))


def test_parquet_is_read_without_the_index_of_pandas(tmp_path):
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}, index=[5, 9])
    frame.to_parquet(tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet").to_pydict() == {"a": [1, 2], "b": ["x", "y"]}


@pytest.mark.parametrize("name", ["t.parquet", "t.npz"])
def test_a_file_cut_short_is_refused(tmp_path, name):
    path = tmp_path / name
    if name == "t.npz":
        np.savez(path, x=np.zeros((4, 2)), y=np.arange(4))
    else:
        pd.DataFrame({"a": range(100)}).to_parquet(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match=name):
        read_table(path)


@pytest.mark.parametrize("key", ["x", "X"])
def test_npz_arrays_become_named_columns_and_y(tmp_path, key):
    x = np.arange(6.0).reshape(3, 2)
    np.savez(tmp_path / "t.npz", **{key: x}, y=[0, 1, 0], feature_names=["left", "right"])
    table = read_table(tmp_path / "t.npz")
    assert table.to_pydict() == {"left": [0, 2, 4], "right": [1, 3, 5], "y": [0, 1, 0]}
    np.savez(tmp_path / "t.npz", **{key: x}, y=[0, 1, 0])
    assert read_table(tmp_path / "t.npz").column_names == ["x0", "x1", "y"]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": np.zeros(3)}, r"must hold arrays x \(or X\) and y.*found: a"),
        ({"x": np.zeros((3, 2)), "y": np.zeros(4)}, r"got \(3, 2\) and \(4,\)"),
        ({"x": np.zeros((3, 2)), "y": np.zeros(3), "feature_names": ["a"]}, "1 names, but x has 2 columns"),
        ({"x": np.array([[{}]], dtype=object), "y": np.zeros(1)}, "Python objects"),
    ],
)
def test_npz_files_of_another_form_are_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "t.npz", **arrays)
    with pytest.raises(UserError, match=message):
        read_table(tmp_path / "t.npz")


def test_blanks_around_the_names_in_a_header_are_no_part_of_them(tmp_path):
    (tmp_path / "table.csv").write_text("age , height\n1,2\n")
    assert read_table(tmp_path / "table.csv").column_names == ["age", "height"]
    (tmp_path / "table.csv").write_text("age, age\n1,2\n")
    with pytest.raises(UserError, match="two columns are called 'age'"):
        read_table(tmp_path / "table.csv")


def test_numbers_may_have_a_decimal_comma_where_semicolons_separate(tmp_path):
    table = read_table(written(tmp_path, "a;b;c;d\n0,5;3;-1,5e3;1,5\n2;4;,25;low\n"))
    assert table.to_pydict() == {"a": [0.5, 2], "b": [3, 4], "c": [-1500, 0.25], "d": ["1.5", "low"]}


def test_a_comma_in_quotes_stays_text_where_commas_separate(tmp_path):
    assert read_table(written(tmp_path, 'a,b\n"1,5",1\n"2,5",2\n'))["a"].to_pylist() == ["1,5", "2,5"]


def test_columns_without_a_name_are_left_out_and_said_so(tmp_path, caplog):
    table = read_table(written(tmp_path, ",a,b,\n0,5,1,\n1,6,0,\n"))
    assert table.column_names == ["a", "b"]
    assert "column 1 has no name" in caplog.text
