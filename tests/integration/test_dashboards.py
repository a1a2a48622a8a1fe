"""The dashboards that can be asked for, and two of them beside each other."""

import csv
import inspect
import json
from pathlib import Path

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

import spectral_exp
from spectral_exp.tracking.logger.mlflow import SpectralMLFlowLogger
from spectral_exp.tracking.logger.tensorboard import SpectralTensorBoardLogger
from spectral_exp.tracking.logger.wandb import SpectralWandbLogger
from tests.integration.dashboard_content import decode_grey_png, read_events

# W&B keeps media in temporary folders that it leaves to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:Implicitly cleaning up <TemporaryDirectory:ResourceWarning")


@pytest.mark.parametrize(
    ("option", "names"),
    [
        ("csv", []),
        ("tensorboard", ["tensorboard"]),
        ("wandb", ["wandb"]),
        ("mlflow", ["mlflow"]),
        ("many", ["tensorboard", "wandb"]),
    ],
)
def test_the_logger_options_name_their_dashboards(option, names):
    with initialize_config_dir(str(Path(spectral_exp.__file__).parents[1] / "conf"), version_base="1.3"):
        loggers = compose(f"logger/{option}").logger
    assert list(loggers) == names
    for name, logger in (
        ("tensorboard", SpectralTensorBoardLogger),
        ("wandb", SpectralWandbLogger),
        ("mlflow", SpectralMLFlowLogger),
    ):
        if name in names:
            assert loggers[name]._target_ == f"{logger.__module__}.{logger.__name__}"
            keywords = OmegaConf.to_container(loggers[name], resolve=False).keys() - {"_target_"}
            assert keywords == inspect.signature(logger).parameters.keys()


@pytest.mark.usefixtures("without_key", "without_figures")
def test_the_jobs_of_a_sweep_are_on_both_dashboards_side_by_side(train, tmp_path, wandb_runs):
    answer = train("-m", "hydra/launcher=basic", "experiment=quickstart", "debug=fast", "seed=0,1", "logger=many")
    assert answer.code == 0, answer.err
    (sweep,) = (tmp_path / "outputs/sweeps/quickstart").iterdir()
    found = [run for job in ("0", "1") for run in wandb_runs(sweep / job)]
    assert len({run["run"].run_id for run in found}) == len(found) == 2
    assert {run["run"].run_group for run in found} == {sweep.name}
    assert [run["config"]["seed"] for run in found] == [0, 1]
    for job, run in zip(("0", "1"), found, strict=True):
        assert f"seed={job}" in run["run"].display_name
        assert run["exit_code"] == 0
        with (sweep / job / "ranking.csv").open() as file:
            header, *ranking = csv.reader(file)
        with (sweep / job / "metrics.csv").open() as file:
            epochs = list(csv.DictReader(file))
        mask = np.load(sweep / job / "mask.npy").reshape(8, 8)
        assert len(epochs) == 2
        assert_on_wandb(run, epochs, header, ranking, mask)
        assert_on_tensorboard(read_events(sweep / job / "tensorboard"), epochs, header, ranking, mask)


SCALARS = (
    "train/loss",
    "val/loss",
    "val/accuracy",
    "spectral/n_selected",
    "spectral/strength",
    "spectral/penalty",
)


def assert_on_wandb(run, epochs, header, ranking, mask):
    values, files = run["values"], run["folder"] / "files"
    for name in SCALARS:
        assert values[name] == pytest.approx(float(epochs[-1][name])), name
    assert values["spectral/eigenvalues._type"] == "histogram"
    assert sum(values["spectral/eigenvalues.values"]) == 64
    shown = decode_grey_png((files / values["spectral/mask.path"]).read_bytes()) == 255
    np.testing.assert_array_equal(shown, mask)
    table = json.loads((files / values["ranking.path"]).read_text())
    assert table["columns"] == header
    assert [[str(row[0]), row[2]] for row in table["data"]] == [[row[0], row[2]] for row in ranking]
    assert [row[3] for row in table["data"]] == pytest.approx([float(row[3]) for row in ranking])


def assert_on_tensorboard(events, epochs, header, ranking, mask):
    for name in SCALARS:
        shown = [event.value for event in events.Scalars(name)][: len(epochs)]  # the final validation comes behind
        assert shown == pytest.approx([float(epoch[name]) for epoch in epochs]), name
    assert [event.histogram_value.num for event in events.Histograms("spectral/eigenvalues")] == [64, 64]
    image = decode_grey_png(events.Images("spectral/mask")[-1].encoded_image_string) == 255
    np.testing.assert_array_equal(image, mask)
    (text,) = events.Tensors("ranking/text_summary")
    lines = text.tensor_proto.string_val[0].decode().splitlines()
    assert lines[0] == f"| {' | '.join(header)} |"
    assert [line.split(" | ")[2] for line in lines[2:]] == [row[2] for row in ranking]
