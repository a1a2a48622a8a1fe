"""What every set has to do whose inputs stay in a file: be the same as in memory, and refuse what cannot be."""

import pathlib
import sys
from dataclasses import replace

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
import torch

from spectral_exp.dataset.hdf5 import HDF5
from spectral_exp.dataset.npy import Npy
from spectral_exp.dataset.parquet import Parquet
from spectral_exp.dataset.tabular import Tabular
from spectral_exp.errors import UserError

KINDS = ("npy", "hdf5", "parquet")
SUFFIXES = {"npy": ".npy", "hdf5": ".h5", "parquet": ".parquet"}


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    inputs = rng.normal(3, 2, (200, 5)).astype(np.float32)
    return inputs, np.where(inputs[:, 0] > 3, "yes", "no")


@pytest.fixture
def stored(tmp_path):
    """Write a table in a format, and give the data set that reads it."""

    def stored(kind, inputs, targets, **options):
        path = str(tmp_path / f"table{SUFFIXES[kind]}")
        names = [f"x{j}" for j in range(inputs.shape[1])]
        if kind == "npy":
            np.save(path, inputs)
            np.save(tmp_path / "y.npy", targets)
            return Npy(path, str(tmp_path / "y.npy"), **options)
        if kind == "hdf5":
            with h5py.File(path, "w") as file:
                file["x"], file["y"] = inputs, targets.astype("S") if targets.dtype.kind == "U" else targets
            return HDF5(path, **options)
        columns = pa.table([*(pa.array(column) for column in inputs.T), targets], names=[*names, "y"])
        pyarrow.parquet.write_table(columns, path, row_group_size=64, use_dictionary=False, compression="none")
        return Parquet(path, "y", **options)

    return stored


def whole(rows):
    inputs, targets = zip(*rows.in_turn(), strict=True)
    return torch.cat(inputs), torch.cat(targets)


@pytest.mark.parametrize("scaling", ["standard", "minmax", "max_abs", "none"])
@pytest.mark.parametrize("kind", KINDS)
def test_data_is_as_it_would_be_in_memory(kind, scaling, table, stored, tmp_path):
    found = stored(kind, *table, scaling=scaling, seed=4).load()
    np.savez(tmp_path / "same.npz", x=table[0], y=table[1])
    expected = Tabular(str(tmp_path / "same.npz"), "y", scaling=scaling, seed=4).load()
    assert found.info.feature_names == expected.info.feature_names
    assert found.info.class_names == expected.info.class_names == ("no", "yes")
    torch.testing.assert_close(found.input_scale, expected.input_scale)
    for part in ("train", "val", "test"):
        inputs, targets = whole(getattr(found, part))
        assert torch.equal(targets, getattr(expected, part).targets)
        torch.testing.assert_close(inputs, getattr(expected, part).inputs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_quantity_is_standardised(kind, table, stored):
    values = table[0][:, 1] * 7.0 + 100
    found = stored(kind, table[0], values).load()
    assert found.info.task == "regression"
    assert found.train.targets.mean().abs() < 1e-5
    assert found.info.target_scale == pytest.approx(14, rel=0.2)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("value", "what"), [(np.nan, "is missing|missing values"), (np.inf, "is infinite")])
def test_a_value_that_is_no_number_is_named_with_its_place(kind, value, what, table, stored):
    table[0][130, 3] = value
    with pytest.raises(UserError, match=what) as error:
        stored(kind, *table).load()
    assert "'x3'" in str(error.value) and "131" in str(error.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_cut_short_is_refused(kind, table, stored):
    data = stored(kind, *table)
    with pathlib.Path(data.path).open("r+b") as file:
        file.truncate(2000)
    with pytest.raises(UserError, match=r"cut short|no whole"):
        data.load()


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_not_there_or_of_another_kind_is_refused(kind, table, stored, tmp_path):
    data = stored(kind, *table)
    data = replace(data, path=str(tmp_path / "none.npy"))
    with pytest.raises(UserError, match="does not exist"):
        data.load()
    (tmp_path / "table.csv").touch()
    data = replace(data, path=str(tmp_path / "table.csv"))
    with pytest.raises(UserError, match=r"cannot be \.csv"):
        data.load()


def test_a_buffer_that_two_row_groups_do_not_fit_is_refused_with_one_that_they_would(tmp_path):
    path = str(tmp_path / "t.parquet")
    columns = {"y": np.arange(200_000) % 2, "x": np.arange(200_000.0), "z": np.arange(200_000.0)}
    pyarrow.parquet.write_table(pa.table(columns), path)
    with pytest.raises(UserError, match=r"200000 rows of 2 columns, two of which take 6 MiB: set .*megabytes=7"):
        Parquet(path, "y", buffer_megabytes=2).load()
    Parquet(path, "y", buffer_megabytes=7).load()


def test_parquet_reads_columns_of_several_types_and_leaves_others_out(tmp_path):
    path = str(tmp_path / "t.parquet")
    numbers = np.arange(100)
    columns = {"b": numbers % 3 == 0, "i": numbers, "f": numbers.astype(np.float32), "t": numbers.astype(str)}
    pyarrow.parquet.write_table(pa.table({**columns, "y": numbers % 2}), path)
    with pytest.raises(UserError, match=r"column 't' holds string, .* dataset.drop=\[t\]"):
        Parquet(path, "y").load()
    data = Parquet(path, "y", drop=["t"], scaling="none").load()
    assert data.info.feature_names == ("b", "i", "f")
    inputs = whole(data.test)[0]
    assert torch.equal(inputs[:, 0], (inputs[:, 1] % 3 == 0).float())
    assert torch.equal(inputs[:, 1], inputs[:, 2])
    with pytest.raises(UserError, match=r"dataset.drop: .* has no column 'tt'; did you mean 't'\?"):
        Parquet(path, "y", drop=["tt"]).load()
    with pytest.raises(UserError, match="no columns are left"):
        Parquet(path, "y", drop=list("bift")).load()


def test_gaps_of_whole_numbers_in_parquet_are_refused(tmp_path):
    path = str(tmp_path / "t.parquet")
    pyarrow.parquet.write_table(pa.table({"x": [1, None, 3] * 10, "y": [0, 1, 0] * 10}), path)
    with pytest.raises(UserError, match=r"missing values in 'x' \(10 in row group 0\)"):
        Parquet(path, "y").load()


def test_hdf5_finds_nested_sets_and_names_and_says_what_there_is(tmp_path, table):
    path = str(tmp_path / "t.h5")
    with h5py.File(path, "w") as file:
        file.create_dataset("g/m", data=table[0], chunks=(16, 5), compression="gzip")
        file["labels"] = table[1].astype(object)
        file["names"] = ["a", "b", "c", "d", "e"]
    data = HDF5(path, inputs="g/m", targets="labels", feature_names="names").load()
    assert data.info.feature_names == ("a", "b", "c", "d", "e")
    assert whole(data.train)[0].shape == (130, 5)
    with pytest.raises(UserError, match=r"dataset.inputs: .* holds no data set 'x'; it holds g/m, labels, names"):
        HDF5(path).load()
    with pytest.raises(UserError, match="must hold numbers of shape"):
        HDF5(path, inputs="labels", targets="labels").load()


def test_hdf5_without_h5py_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(UserError, match=r"pip install 'spectral_exp\[hdf5\]'"):
        HDF5(str(tmp_path / "t.h5")).load()


def test_npy_takes_names_and_targets_from_text(tmp_path, table):
    np.save(tmp_path / "x.npy", table[0].astype(">f8"))
    (tmp_path / "y.txt").write_text("\n".join(table[1]))
    (tmp_path / "names.txt").write_text("a\nb\nc\nd\ne\n")
    paths = [str(tmp_path / name) for name in ("x.npy", "y.txt", "names.txt")]
    data = Npy(*paths, scaling="none").load()
    assert data.info.feature_names == ("a", "b", "c", "d", "e")
    inputs, targets = whole(data.test)
    assert torch.equal(targets, (inputs[:, 0] > 3).long())
    for names, message in (("a\nb\n", "names of 5 columns, got 2"), ("a\nb\nb\nd\ne\n", "two columns are called 'b'")):
        (tmp_path / "names.txt").write_text(names)
        with pytest.raises(UserError, match=message):
            Npy(*paths).load()
    (tmp_path / "y.txt").write_text("yes\nno\n")
    with pytest.raises(UserError, match=r"targets of 200 rows, got shape \(2,\)"):
        Npy(paths[0], paths[1]).load()


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros(4), r"numbers of shape \(rows, columns\), got float64 of shape \(4,\)"),
        (np.array([["a"]]), "expected numbers"),
        (np.asfortranarray(np.zeros((3, 4))), "stored by columns"),
    ],
)
def test_npy_refuses_what_is_no_matrix_row_by_row(array, message, tmp_path):
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(UserError, match=message):
        Npy(str(tmp_path / "x.npy"), "y.npy").load()


@pytest.mark.parametrize("kind", KINDS)
def test_where_a_chunk_lies_in_the_file_is_known(kind, table, stored):
    data = stored(kind, *table)
    matrix, _ = data.open()
    content = pathlib.Path(data.path).read_bytes()
    for chunk in range(len(matrix.chunk_starts) - 1):
        begin, length = matrix.span(chunk)
        rows = table[0][matrix.chunk_starts[chunk] : matrix.chunk_starts[chunk + 1]]
        if kind == "parquet":
            assert all(column.tobytes() in content[begin : begin + length] for column in rows.T)
        else:
            assert content[begin : begin + length] == rows.tobytes()


def test_where_a_chunk_lies_that_is_compressed_is_left_open(tmp_path, table):
    path = str(tmp_path / "t.h5")
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=table[0], chunks=(16, 5), compression="gzip")
        file["y"] = np.arange(200) % 2
    matrix, _ = HDF5(path).open()
    assert matrix.span(0) is None
    matrix.announce([0, 1])  # which does nothing then


def test_a_matrix_that_shrinks_while_it_is_read_is_refused(table, stored):
    data = stored("npy", *table).load()
    with pathlib.Path(data.train.stored.path).open("r+b") as file:
        file.truncate(2000)
    with pytest.raises(UserError, match="was cut short while it was read"):
        whole(data.train)


def test_a_fold_of_a_file_is_the_fold_of_the_table_in_memory(table, stored):
    streamed = [stored("npy", *table, fold=fold, n_folds=4, seed=3).load().test.index for fold in (1, 2, 3, 4)]
    assert sorted(np.concatenate(streamed)) == list(range(200))
    inputs, _ = whole(stored("parquet", *table, fold=2, n_folds=4, seed=3).load().test)
    path = stored("parquet", *table).path
    torch.testing.assert_close(inputs, Tabular(path, "y", fold=2, n_folds=4, seed=3).load().test.inputs)
