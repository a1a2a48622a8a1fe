import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from spectral_exp.dataset.data import Part
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.errors import UserError
from spectral_exp.export import onnx_file
from spectral_exp.export.comparison import in_units, largest_difference
from spectral_exp.export.cost import measure_costs
from spectral_exp.export.file_format import FORMATS
from spectral_exp.export.slim_model import make_slim
from spectral_exp.layer.basis_function.cosine import Cosine
from spectral_exp.layer.basis_function.identity import Identity
from spectral_exp.layer.basis_function.square import Square
from spectral_exp.model.spectral_cnn import SpectralCNN
from spectral_exp.model.spectral_mlp import SpectralMLP

VERSIONS = {"torch": "2"}
BASIS = {"identity": Identity(), "square": Square(), "cosine": Cosine()}
READERS = {
    "onnx": """
import onnxruntime
session = onnxruntime.InferenceSession(path)
info = {key: json.loads(value) for key, value in session.get_modelmeta().custom_metadata_map.items()}
(results,) = session.run(None, {"inputs": rows})
assert "torch" not in sys.modules
""",
    "pt2": """
import torch
extra = {"info.json": ""}
program = torch.export.load(path, extra_files=extra)
info = json.loads(extra["info.json"])
results = program.module()(torch.from_numpy(rows)).numpy()
""",
    "state_dict": """
import torch
from torch import nn
saved = torch.load(path, weights_only=True)
info = saved["info"]
layers = nn.Sequential(*(getattr(nn, kind)(**arguments) for kind, arguments in info["layers"])).eval()
layers.load_state_dict(saved["state_dict"])
ones = [1] * len(info["positions"])
if info["input_shift"] is not None:
    shift, divisor = (np.reshape(info[name], [-1, *ones]) for name in ("input_shift", "input_divisor"))
    rows = (rows - shift) / divisor
rows = torch.tensor(rows, dtype=torch.float32)
if info["basis"]:
    coefficients = [(getattr(torch, name), *torch.tensor(numbers)) for name, numbers in info["basis"]]
    rows = torch.cat([c * f(a * rows + b) + d for f, a, b, c, d in coefficients], dim=1)
outputs = layers(rows).detach().double()
if info["task"] == "classification":
    results = outputs.softmax(dim=1).numpy()
else:
    results = (outputs.squeeze(1) * info["target_scale"] + info["target_mean"]).numpy()
""",
}


@pytest.fixture(params=FORMATS)
def file_format(request):
    if request.param == "onnx":
        pytest.importorskip("onnx")
        pytest.importorskip("onnxscript")
        pytest.importorskip("onnxruntime")
    return FORMATS[request.param]


@pytest.fixture
def slim(info, kept, shaken):
    def slim(task, **options):
        model = shaken(SpectralMLP(9, 3 if task == "classification" else 1, [8, 6], **options))
        return make_slim(model, info(task), kept, VERSIONS)

    return slim


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_what_was_written_gives_the_same_for_any_number_of_rows(file_format, slim, task, info, rows, kept):
    model = slim(task, batch_norm=True, activation=["gelu", "vee"])
    predict = file_format.read(file_format.write(model))
    given = in_units(rows, info(task))[:, kept].contiguous()
    for n_rows in (1, 2, 40):
        expected = model(given[:n_rows]).numpy()
        found = predict(given[:n_rows].numpy())
        assert (found.shape, found.dtype) == (expected.shape, np.float64)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 * info(task).target_scale)


def test_functions_of_the_inputs_are_written_too(file_format, slim, info, rows, kept):
    model = slim("classification", basis=BASIS)
    given = in_units(rows, info())[:, kept].contiguous()
    for n_rows in (1, 40):
        expected = model(given[:n_rows]).numpy()
        found = file_format.read(file_format.write(model))(given[:n_rows].numpy())
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_no_path_of_this_machine_is_left_in_the_file(file_format, slim):
    content = file_format.write(slim("classification"))
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"".join(archive.read(name) for name in archive.namelist())
    for path in (torch.__file__, onnx_file.__file__):
        assert str(Path(path).parent).encode() not in content


@pytest.mark.slow
@pytest.mark.parametrize(("task", "basis"), [("classification", None), ("regression", None), ("regression", BASIS)])
@pytest.mark.parametrize("name", FORMATS)
def test_a_file_is_read_without_this_package(name, task, basis, slim, info, rows, kept, tmp_path):
    model = slim(task, basis=basis)
    given = in_units(rows, info(task))[:, kept].contiguous().numpy()
    (tmp_path / "model").write_bytes(FORMATS[name].write(model))
    np.save(tmp_path / "rows.npy", given)
    code = f"""
import json, sys
import numpy as np
sys.modules["spectral_exp"] = None  # importing it fails
path, rows = "model", np.load("rows.npy")
{READERS[name]}
np.save("results.npy", results)
print(json.dumps(info))
assert not [module for module in sys.modules if module.startswith("spectral_exp.")]
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads(json.dumps(model.description))
    found = np.load(tmp_path / "results.npy")
    expected = model(torch.from_numpy(given)).numpy()
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 * info(task).target_scale)


def test_costs_are_counted_for_each_model(slim, info, rows, shaken):
    pytest.importorskip("onnxruntime")
    few, every = (
        slim("classification"),
        make_slim(shaken(SpectralMLP(9, 3, [8])), info(), np.ones(9, dtype=bool), VERSIONS),
    )
    in_onnx = [onnx_file.to_bytes(model) for model in (every, few)]
    full, cut = measure_costs([every, few], [200, 100], in_onnx, in_units(rows, info()).numpy())
    assert (full.n_inputs, full.first_layer, full.file_size) == (9, 9 * 8 + 8, 200)
    assert (cut.n_inputs, cut.first_layer, cut.file_size) == (5, 5 * 8 + 8, 100)
    assert all(0 < seconds < 1 for cost in (full, cut) for seconds in cost.latency.values())
    assert list(full.latency) == [1, 256]


def test_without_onnxruntime_no_latency_is_given(slim, rows):
    (cost,) = measure_costs([slim("classification")], [100], [], rows.double().numpy())
    assert cost.latency == {}


@pytest.mark.parametrize("library", onnx_file.LIBRARIES)
def test_a_missing_library_is_said_with_what_installs_it(library, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    for other in set(onnx_file.LIBRARIES) - {library}:
        monkeypatch.setitem(sys.modules, other, sys)
    assert not onnx_file.has_onnx()
    with pytest.raises(UserError, match=rf"ONNX needs {library}: pip install 'spectral_exp\[export\]'"):
        FORMATS["onnx"].require()


def test_a_convolutional_net_of_some_channels_is_the_same_in_every_format(file_format, shaken):
    random = np.random.default_rng(0)
    info = DatasetInfo(
        "scene",
        "classification",
        ("near", "red", "far"),
        (3, 6, 5),
        class_names=("a", "b"),
        channel_names=("near", "red", "far"),
        unit="channel",
        input_shift=random.normal(100, 10, 3),
        input_divisor=random.uniform(1, 9, 3),
    )
    model = shaken(SpectralCNN((3, 6, 5), 2, [7], channels=[4, 5], unit="channel", dropout=0.5, spectral_head=True))
    model.input_layer.drop(torch.tensor([True, False, False]))
    kept = np.array([True, False, True])  # among them one that changes nothing
    slim = make_slim(model, info, kept, VERSIONS)
    assert slim.n_idle == 1
    assert slim.description["positions"] == [6, 5]
    rows = Part(torch.randn(30, 3, 6, 5), torch.zeros(30))
    predict = file_format.read(file_format.write(slim))
    assert largest_difference(predict, model, info, kept, rows) < 1e-6
    assert predict(in_units(rows.inputs, info)[:1, kept].numpy()).shape == (1, 2)
    (cost,) = measure_costs([slim], [1], [], in_units(rows.inputs, info).numpy())
    assert cost.n_inputs == 2


def test_a_net_behind_a_gate_is_refused(info):
    model = SpectralCNN((1, 3, 3), 3, channels=[4], unit="position")
    with pytest.raises(UserError, match=r"train with model\.unit=channel"):
        make_slim(model, info(), np.ones(9, dtype=bool), VERSIONS)
