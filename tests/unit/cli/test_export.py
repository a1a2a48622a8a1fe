import json
import subprocess
import sys
from importlib.metadata import version

import numpy as np
import pandas as pd
import pytest
import torch

from spectral_exp.cli.compose import compose_config
from spectral_exp.cli.export import main
from spectral_exp.load import load_run

QUICK = ("trainer=cpu", "trainer.max_epochs=2", "tracking=off", "size=tiny", "regularization/schedule=constant")


@pytest.fixture(scope="module")
def train(tmp_path_factory):
    """Train for two epochs and give the run folder."""
    from spectral_exp.run import run

    def train(*overrides):
        torch.set_num_threads(1)
        folder = tmp_path_factory.mktemp("trained") / "run"
        run(compose_config([*QUICK, *overrides]), folder)
        return folder

    return train


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A table with years, prices, text and a column that never varies."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "year": random.uniform(1990, 2030, 300),
            "price": random.normal(5e6, 1e3, 300),
            "colour": random.choice(["red", "green", "blue"], 300),
            "constant": 7.0,
            "size": random.normal(0, 1e-3, 300),
        }
    )
    frame["value"] = frame["price"] * 2 + 500 * (frame["colour"] == "red") + 1e5 * frame["size"]
    frame["label"] = np.where(frame["value"] > frame["value"].median(), "high", "low")
    path = tmp_path_factory.mktemp("table") / "table.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def digits_run(train):
    return train("dataset=digits")


@pytest.fixture(scope="module")
def regression_run(train, table):
    return train("dataset=tabular", f"dataset.path={table}", "dataset.target=value", "dataset.drop=[label]")


@pytest.fixture(scope="module")
def classification_run(train, table):
    overrides = ["dataset.target=label", "dataset.drop=[value]", "dataset.scaling=minmax", "model.gauge=unit"]
    return train("dataset=tabular", f"dataset.path={table}", *overrides)


def rows_of(table, names):
    """The columns of a table as a user would make them from the names in the file."""
    frame = pd.read_csv(table)
    columns = [
        frame[name] if "=" not in name else frame[name.partition("=")[0]] == name.partition("=")[2] for name in names
    ]
    return np.stack([np.asarray(column, dtype=np.float64) for column in columns], axis=1)


def read_pt2(path):
    extra = {"info.json": ""}
    program = torch.export.load(path, extra_files=extra)
    return json.loads(extra["info.json"]), lambda rows: program.module()(torch.from_numpy(rows)).numpy()


def test_a_table_goes_in_as_it_is_and_values_come_out_in_their_units(regression_run, table, tmp_path, capsys):
    path = tmp_path / "deep" / "model.pt2"
    assert main([str(regression_run), "--k", "4", "--format", "pt2", "--output", str(path)]) == 0
    out = capsys.readouterr().out
    assert "Same as the trained network on 60 test rows" in out
    assert out.splitlines()[-1].endswith("model.pt2")

    run = load_run(regression_run)
    info, predict = read_pt2(path)
    top = set(run.ranking["name"][:4])
    assert info["input_names"] == [name for name in run.info.feature_names if name in top]
    assert info["versions"]["torch"] == version("torch")
    every = rows_of(table, run.info.feature_names)
    scaled = torch.tensor((every - run.info.input_shift) / run.info.input_divisor, dtype=torch.float32)
    scaled[:, [name not in top for name in run.info.feature_names]] = 0
    with torch.no_grad():
        expected = run.model(scaled)[:, 0].double() * run.info.target_scale + run.info.target_mean
    found = predict(rows_of(table, info["input_names"]))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * run.info.target_scale)


def test_classes_come_out_as_probabilities_in_the_order_of_their_names(classification_run, table, tmp_path):
    path = tmp_path / "model.pt"
    assert main([str(classification_run), "--k", "3", "--format", "state_dict", "--output", str(path)]) == 0
    saved = torch.load(path, weights_only=True)
    info = saved["info"]
    assert (info["class_names"], info["outputs"]) == (["high", "low"], "class probabilities")
    assert len(info["input_names"]) == 3

    from spectral_exp.export.file_format import FORMATS

    found = FORMATS["state_dict"].read(path.read_bytes())(rows_of(table, info["input_names"]))
    np.testing.assert_allclose(found.sum(axis=1), 1)
    run = load_run(classification_run)
    every = rows_of(table, run.info.feature_names)
    scaled = torch.tensor((every - run.info.input_shift) / run.info.input_divisor, dtype=torch.float32)
    scaled[:, [name not in info["input_names"] for name in run.info.feature_names]] = 0
    with torch.no_grad():
        np.testing.assert_allclose(found, run.model(scaled).softmax(dim=1), rtol=0, atol=1e-5)


def test_by_default_the_selected_inputs_go_into_the_run_folder_as_onnx(digits_run, capsys):
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    assert main([str(digits_run)]) == 0
    out = capsys.readouterr().out
    run = load_run(digits_run)
    n_selected = int(run.mask.sum())
    session = onnxruntime.InferenceSession(digits_run / f"slim_{n_selected}.onnx")
    info = {key: json.loads(value) for key, value in session.get_modelmeta().custom_metadata_map.items()}
    assert info["input_positions"] == run.mask.nonzero()[0].tolist()
    assert session.get_inputs()[0].shape == ["n_rows", n_selected]
    lines = [line.split() for line in out.splitlines()]
    assert ["inputs", "64", str(n_selected), f"{64 / n_selected:.2f}"] in lines
    assert [line[:3] for line in lines if line[:1] == ["latency,"]] == [
        ["latency,", "1", "row"],
        ["latency,", "256", "rows"],
    ]


def test_inputs_that_training_dropped_are_told_of(train, tmp_path, capsys):
    overrides = ["dataset=digits", "regularization=path", "model.gauge=unit", "trainer.max_epochs=4"]
    folder = train(*overrides)
    run = load_run(folder)
    n_kept = int(run.model.input_layer.mask.sum())
    assert n_kept < 64
    assert main([str(folder), f"--k={n_kept + 5}", "--format=pt2", f"--output={tmp_path / 'model.pt2'}"]) == 0
    assert f"5 of the {n_kept + 5} inputs change nothing" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--k", "0"], "--k must be between 1 and 64"),
        (["--k", "65"], "--k must be between 1 and 64"),
        (["--k", "many"], "invalid int value: 'many'"),
        (["--format", "tflite"], "--format must be one of onnx, pt2, state_dict, got 'tflite'"),
        (["--format", "pt2", "--output", "/proc/model.pt2"], "/proc/model.pt2 cannot be written"),
        (["--kk", "3"], "unrecognized arguments: --kk 3"),
    ],
)
def test_bad_input_is_one_line_on_stderr_and_exit_code_2(digits_run, arguments, message, capsys):
    try:
        code = main([str(digits_run), *arguments])
    except SystemExit as leaving:
        code = leaving.code
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    assert line.startswith("spectral-export: ")
    assert message in line


def test_a_run_that_is_not_finished_is_refused(tmp_path, capsys):
    assert main([str(tmp_path), "--format=pt2"]) == 2
    assert "is not a run folder" in capsys.readouterr().err
    (tmp_path / "status.json").write_text('{"state": "running"}', encoding="utf-8")
    assert main([str(tmp_path), "--format=pt2"]) == 2
    assert "the run goes on" in capsys.readouterr().err


def test_a_table_that_has_changed_since_the_run_is_refused(train, table, tmp_path, capsys):
    moved = tmp_path / "table.csv"
    frame = pd.read_csv(table)
    frame.to_csv(moved, index=False)
    folder = train("dataset=tabular", f"dataset.path={moved}", "dataset.target=label", "dataset.drop=[value]")
    frame.assign(size=frame["size"] + 1).to_csv(moved, index=False)
    assert main([str(folder), "--format=state_dict"]) == 2
    assert "are not those of the data any more" in capsys.readouterr().err
    moved.unlink()
    assert main([str(folder), "--format=state_dict"]) == 2
    assert "the run's test rows, which cannot be loaded: " in capsys.readouterr().err
    assert not list(folder.glob("slim*"))


def test_a_model_that_differs_is_not_written(digits_run, monkeypatch, capsys):
    monkeypatch.setattr("spectral_exp.export.export_run.largest_difference", lambda *_: float("inf"))
    assert main([str(digits_run), "--k=7", "--format=pt2"]) == 2
    assert "differs from the trained one by inf on the test rows" in capsys.readouterr().err
    assert not (digits_run / "slim_7.pt2").exists()


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from spectral_exp.cli.export import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "assert not {'torch', 'numpy', 'pandas', 'onnx'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "spectral-export RUN --k 50" in done.stdout
