import logging

import numpy as np
import pandas as pd
import pytest
import torch

from spectral_exp.dataset.tabular import Tabular
from spectral_exp.errors import UserError


@pytest.fixture
def frame():
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "age": random.integers(18, 90, 200),
            "height": random.normal(170, 10, 200),
            "colour": random.choice(["red", "green", "blue"], 200),
            "smoker": random.random(200) < 0.3,
            "label": random.choice(["yes", "no"], 200),
            "income": random.normal(3000, 500, 200),
        }
    )


@pytest.fixture
def load(tmp_path):
    def load(frame, target, suffix=".csv", **options):
        path = tmp_path / f"people{suffix}"
        frame.to_csv(path, index=False) if suffix == ".csv" else frame.to_parquet(path)
        return Tabular(str(path), target, **options).load()

    return load


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_table_becomes_named_inputs_and_classes(frame, load, suffix):
    data = load(frame, "label", suffix, drop=["income"])
    names = ("age", "height", "colour=blue", "colour=green", "colour=red", "smoker")
    assert data.info.feature_names == names
    assert data.info.groups == ("age", "height", "colour", "colour", "colour", "smoker")
    assert data.info.name == "people"
    assert (data.info.task, data.info.class_names) == ("classification", ("no", "yes"))
    assert (len(data.train), len(data.val), len(data.test)) == (130, 30, 40)
    torch.testing.assert_close(data.train.inputs.mean(0), torch.zeros(6), atol=1e-5, rtol=0)
    torch.testing.assert_close(data.input_scale, torch.ones(6))


def test_a_table_without_text_has_no_groups(frame, load):
    assert load(frame, "label", drop=["colour"]).info.groups is None


def test_every_row_keeps_its_own_values(frame, load):
    data = load(frame, "label", scaling="none", drop=["colour", "smoker"])
    rows = {float(np.float32(row.height)): row for row in frame.itertuples()}
    for part in (data.train, data.val, data.test):
        for (age, height, income), code in zip(part.inputs.tolist(), part.targets.tolist(), strict=True):
            row = rows[height]
            assert (age, income, code) == (row.age, np.float32(row.income), ("no", "yes").index(row.label))


def test_a_regression_target_is_standardised_and_its_scale_kept(frame, load):
    data = load(frame, "income", drop=["label"])
    assert (data.info.task, data.info.n_outputs) == ("regression", 1)
    restored = torch.cat([data.train.targets, data.val.targets, data.test.targets]).double()
    restored = restored * data.info.target_scale + data.info.target_mean
    np.testing.assert_allclose(sorted(restored), sorted(frame.income), rtol=1e-5)
    assert data.info.target_mean == pytest.approx(frame.income.mean(), rel=0.05)


@pytest.mark.parametrize(
    ("values", "task", "class_names"),
    [
        (["a", "b"] * 30, "classification", ("a", "b")),
        ([True, False] * 30, "classification", ("false", "true")),
        ([10, 9, 2] * 20, "classification", ("2", "9", "10")),
        ([0.0, 1.0] * 30, "classification", ("0", "1")),
        (list(range(60)), "regression", ()),
        ([0.5, 1.5] * 30, "regression", ()),
    ],
)
def test_the_task_is_told_from_the_target(load, values, task, class_names):
    data = load(pd.DataFrame({"x": np.arange(60) % 7, "t": values}), "t")
    assert (data.info.task, data.info.class_names) == (task, class_names)


def test_the_task_can_be_set(load):
    frame = pd.DataFrame({"x": np.arange(60) % 7, "t": [1, 2, 3] * 20, "half": [0.5, 1.5] * 30})
    assert load(frame, "t", task="regression").info.task == "regression"
    assert load(frame, "half", task="classification").info.class_names == ("0.5", "1.5")
    with pytest.raises(UserError, match="target 't' holds text"):
        load(frame.astype({"t": str}).replace("1", "one"), "t", task="regression")


def test_missing_values_are_refused_with_a_count_per_column(frame, load):
    frame.loc[[3, 4], "height"] = np.nan
    frame.loc[5, "colour"] = None
    with pytest.raises(UserError, match=r"missing values in 'height' \(2\), 'colour' \(1\): set dataset.impute=median"):
        load(frame, "label")


def test_missing_values_are_filled_from_the_training_rows_alone(frame, load):
    frame = frame[["height", "colour", "label"]].copy()
    frame.loc[:, "colour"] = ["red"] * 150 + ["blue"] * 50
    gaps = list(range(0, 200, 10))
    frame.loc[gaps, ["height", "colour"]] = None
    data = load(frame, "label", impute="median", scaling="none")
    heights = frame.height.dropna().to_numpy(dtype=np.float32)
    known = {float(height) for height in heights}
    train = data.train.inputs
    present = [row[0] for row in train.tolist() if row[0] in known]
    filled = [row for part in (data.train, data.val, data.test) for row in part.inputs.tolist() if row[0] not in known]
    assert len(filled) == len(gaps) or np.median(present) in known
    for row in filled:
        assert row == pytest.approx([np.median(present), 0.0, 1.0])


def test_a_target_with_gaps_is_refused_even_if_gaps_are_filled(frame, load):
    frame.loc[[1, 2, 3], "label"] = None
    with pytest.raises(UserError, match=r"missing values in 'label' \(3\): rows without a target"):
        load(frame, "label", impute="mean")


def test_infinities_are_refused_with_column_and_count(frame, load):
    frame.loc[[1, 2], "height"] = np.inf
    with pytest.raises(UserError, match=r"infinite values in 'height' \(2\)"):
        load(frame, "label", impute="mean")


def test_text_in_a_column_of_numbers_is_refused(frame, load):
    heights = frame.height.astype(str)
    heights[41] = "tall"
    with pytest.raises(UserError, match=r"column 'height' holds numbers, but row 42 .* says 'tall'"):
        load(frame.assign(height=heights), "label")


def test_dates_are_refused(frame, load):
    with pytest.raises(UserError, match=r"column 'day' holds dates or times.*dataset.drop=\[day\]"):
        load(frame.assign(day="2024-05-06"), "label")


def test_identifiers_are_refused_unless_left_out(frame, load):
    frame["id"] = [f"s{number}" for number in range(200)]
    with pytest.raises(UserError, match=r"'id' has 200 different texts"):
        load(frame, "label")
    assert "id" not in load(frame, "label", drop=["id"]).info.feature_names


def test_a_column_that_counts_the_rows_is_named(frame, load, caplog):
    load(frame.assign(Id=range(1, len(frame) + 1), odd=range(0, 2 * len(frame), 2)), "label")
    assert "column 'Id' rises by 1 from row to row; if it only counts them, add dataset.drop=[Id]" in caplog.text
    assert "'odd' rises" not in caplog.text


def test_constant_columns_are_kept_at_0_and_named(frame, load, caplog):
    with caplog.at_level(logging.WARNING):
        data = load(frame.assign(unit=0.1, country="ch"), "label")
    assert "constant over the training rows: unit, country=ch" in caplog.text
    index = data.info.feature_names.index("unit")
    assert data.input_scale[index] < 1e-6


def test_columns_that_are_not_there_name_the_nearest(frame, load):
    with pytest.raises(UserError, match=r"dataset.target: .*people.csv has no column 'lable'; did you mean 'label'\?"):
        load(frame, "lable")
    with pytest.raises(UserError, match=r"dataset.drop: .* has no column 'zzz'; it has age, height, .*, \.\.\."):
        load(frame, "label", drop=["zzz"])


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame({"x": range(20), "t": ["a"] * 20}), "one class only \\('a'\\)"),
        (pd.DataFrame({"x": range(20), "t": [f"c{k}" for k in range(20)]}), "class 'c0' has 1 rows"),
        (pd.DataFrame({"x": [1, 2], "t": [0.5, 1.5]}), "2 rows are too few"),
        (pd.DataFrame({"t": ["a", "b"] * 10}), "no columns are left"),
        (pd.DataFrame({"x": [f"v{k % 2}" for k in range(20)], "x=v0": 1, "t": ["a", "b"] * 10}), "the same name"),
    ],
)
def test_tables_that_nothing_can_be_learned_from_are_refused(load, frame, message):
    with pytest.raises(UserError, match=message):
        load(frame, "t")


def test_leaving_out_the_target_is_refused(frame, load):
    with pytest.raises(UserError, match="'label' is the target"):
        load(frame, "label", drop=["label"])


def test_npz_works_like_any_table(tmp_path):
    random = np.random.default_rng(0)
    np.savez(tmp_path / "t.npz", x=random.normal(size=(100, 3)), y=np.arange(100) % 2, feature_names=["a", "b", "c"])
    data = Tabular(str(tmp_path / "t.npz"), "y").load()
    assert data.info.feature_names == ("a", "b", "c")
    assert data.info.class_names == ("0", "1")


@pytest.mark.parametrize(
    "options", [{"task": "ranking"}, {"impute": "zero"}, {"scaling": "log"}, {"val_fraction": 0.0}]
)
def test_values_out_of_range_are_refused(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        Tabular("t.csv", "y", **options)
