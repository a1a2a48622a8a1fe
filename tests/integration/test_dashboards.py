"""What is logged reaches the dashboards' own files; a dashboard in trouble never stops a run."""

import csv
import inspect
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import wandb
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2

import spectral_exp
from spectral_exp.errors import UserError
from spectral_exp.tracking.logger.mlflow import SpectralMLFlowLogger
from spectral_exp.tracking.logger.tensorboard import SpectralTensorBoardLogger
from spectral_exp.tracking.logger.wandb import SpectralWandbLogger
from spectral_exp.tracking.rich_logger import RichLogger

# W&B keeps media in temporary folders that it leaves to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:Implicitly cleaning up <TemporaryDirectory:ResourceWarning")

EIGENVALUES = np.array([0.0, 0.5, -1.5, np.nan, 2.0, 0.5])
MASK = np.arange(64).reshape(8, 8) % 3 == 0
COLUMNS = ["rank", "feature", "name", "relevance", "selected"]
RANKING = [[1, 4, "age", 2.0, True], [2, 2, "color=red|blue", 1.5, True], [3, 0, "noise", None, False]]


def log_everything(logger: RichLogger, step: int = 10) -> None:
    logger.log_hyperparams({"seed": 3, "regularization": {"strength": 1e-3}})
    logger.log_metrics({"val/accuracy": 0.75, "spectral/n_selected": 4.0}, step=step)
    logger.log_histogram("spectral/eigenvalues", EIGENVALUES, step)
    logger.log_histogram("spectral/nothing", np.array([np.nan]), step)
    logger.log_image("spectral/mask", MASK, step)
    logger.log_image("spectral/relevance", np.full((8, 8, 3), 7, np.uint8), step)
    logger.finalize("success")  # as Lightning does when fit ends, before the ranking is known
    logger.log_table("ranking", COLUMNS, RANKING, step)
    logger.log_summary({"test/accuracy": 0.5, "n_selected": 4.0}, step)


def our_messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name.startswith("spectral_exp")]


def read_events(folder: Path) -> EventAccumulator:
    events = EventAccumulator(str(folder), size_guidance={"tensors": 0, "images": 0, "histograms": 0})
    events.Reload()
    return events


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


def test_tensorboard_shows_metrics_histogram_mask_and_ranking(tmp_path):
    logger = SpectralTensorBoardLogger(tmp_path)
    assert isinstance(logger, RichLogger)
    log_everything(logger)
    logger.finish()
    assert logger.location == str(tmp_path / "tensorboard")
    events = read_events(tmp_path / "tensorboard")
    (accuracy,) = events.Scalars("val/accuracy")
    assert (accuracy.step, accuracy.value) == (10, 0.75)
    (histogram,) = events.Histograms("spectral/eigenvalues")
    assert histogram.histogram_value.num == 5
    assert (histogram.histogram_value.min, histogram.histogram_value.max) == (-1.5, 2.0)
    assert "spectral/nothing" not in events.Tags()["histograms"]
    (image,) = events.Images("spectral/mask")
    assert (image.width, image.height) == (8, 8)
    np.testing.assert_array_equal(decode_grey_png(image.encoded_image_string) == 255, MASK)
    (text,) = events.Tensors("ranking/text_summary")
    (markdown,) = text.tensor_proto.string_val
    assert markdown.decode().splitlines() == [
        "| rank | feature | name | relevance | selected |",
        "| --- | --- | --- | --- | --- |",
        "| 1 | 4 | age | 2 | True |",
        "| 2 | 2 | color=red\\|blue | 1.5 | True |",
        "| 3 | 0 | noise | None | False |",
    ]
    asked, compared = hyper_parameters(events)
    assert (asked["seed"].number_value, asked["regularization/strength"].number_value) == (3, 1e-3)
    assert compared == {"test/accuracy", "n_selected"}
    assert [(event.step, event.value) for event in events.Scalars("test/accuracy")] == [(10, 0.5)]


def hyper_parameters(events: EventAccumulator) -> tuple[dict[str, Any], set[str]]:
    """What the tab HPARAMS shows: values of the configuration, and the metrics that runs are compared by."""

    def content(tag: str) -> Any:
        return plugin_data_pb2.HParamsPluginData.FromString(
            events.SummaryMetadata(f"_hparams_/{tag}").plugin_data.content
        )

    asked = dict(content("session_start_info").session_start_info.hparams)
    return asked, {info.name.tag for info in content("experiment").experiment.metric_infos}


def test_tensorboard_of_a_resumed_run_shows_every_step_once(tmp_path):
    killed = SpectralTensorBoardLogger(tmp_path)
    for step in range(1, 7):
        killed.log_metrics({"val/loss": 100.0 + step}, step)
    killed.finish()
    resumed = SpectralTensorBoardLogger(tmp_path)
    resumed.resume_after(4)
    for step in range(5, 9):
        resumed.log_metrics({"val/loss": 200.0 + step}, step)
    resumed.finish()
    losses = {event.step: event.value for event in read_events(tmp_path / "tensorboard").Scalars("val/loss")}
    assert losses == {1: 101, 2: 102, 3: 103, 4: 104, 5: 205, 6: 206, 7: 207, 8: 208}
    assert len(read_events(tmp_path / "tensorboard").Scalars("val/loss")) == 8


@pytest.mark.usefixtures("without_key")
def test_wandb_without_a_key_records_all_of_it_offline_and_in_silence(tmp_path, capfd, wandb_runs):
    logger = SpectralWandbLogger(tmp_path, name="seed=3", group="sweep", tags=["a", "b"])
    assert isinstance(logger, RichLogger)
    log_everything(logger)
    logger.finish()
    assert capfd.readouterr() == ("", "")
    (found,) = wandb_runs(tmp_path)
    assert logger.location == str(found["folder"])
    run = found["run"]
    assert (run.display_name, run.run_group, run.job_type, run.project) == ("seed=3", "sweep", "train", "spectral_exp")
    assert list(run.tags) == ["a", "b"]
    assert found["exit_code"] == 0
    assert found["config"]["seed"] == 3
    assert found["config"]["regularization"] == {"strength": 1e-3}
    values = found["values"]
    assert (values["val/accuracy"], values["spectral/n_selected"]) == (0.75, 4)
    assert set(found["steps"]) == {10}
    assert values["spectral/eigenvalues._type"] == "histogram"
    assert sum(values["spectral/eigenvalues.values"]) == 5
    assert values["spectral/mask._type"] == "image-file"
    mask_file = found["folder"] / "files" / values["spectral/mask.path"]
    np.testing.assert_array_equal(decode_grey_png(mask_file.read_bytes()) == 255, MASK)
    assert values["ranking._type"] == "table-file"
    table = json.loads((found["folder"] / "files" / values["ranking.path"]).read_text())
    assert table["columns"] == COLUMNS
    assert table["data"] == RANKING
    assert found["summary"].items() >= {"test/accuracy": 0.5, "n_selected": 4}.items()


@pytest.mark.usefixtures("without_key")
def test_wandb_runs_of_one_process_stay_apart_and_share_their_group(tmp_path, wandb_runs):
    first = SpectralWandbLogger(tmp_path, name="seed=0", group="sweep")
    second = SpectralWandbLogger(tmp_path, group="sweep")
    first.log_metrics({"val/loss": 1.0}, step=1)  # never finished before the second begins
    second.log_metrics({"val/loss": 2.0}, step=1)
    first.finish(failed=True)
    second.log_metrics({"val/loss": 3.0}, step=2)
    second.finish()
    runs = {found["run"].display_name: found for found in wandb_runs(tmp_path)}
    assert set(runs) == {"seed=0", "sweep"}
    assert runs["seed=0"]["run"].run_id != runs["sweep"]["run"].run_id
    assert {found["run"].run_group for found in runs.values()} == {"sweep"}
    assert (runs["seed=0"]["steps"], runs["seed=0"]["values"]["val/loss"]) == ([1], 1)
    assert (runs["sweep"]["steps"], runs["sweep"]["values"]["val/loss"]) == ([1, 2], 3)
    assert (runs["seed=0"]["exit_code"], runs["sweep"]["exit_code"]) == (1, 0)


@pytest.mark.usefixtures("without_key")
def test_wandb_respects_its_own_mode_variable(tmp_path, monkeypatch, wandb_runs):
    monkeypatch.setenv("WANDB_MODE", "disabled")
    logger = SpectralWandbLogger(tmp_path)
    log_everything(logger)
    logger.finish()
    assert wandb_runs(tmp_path) == []


@pytest.mark.usefixtures("without_key")
def test_wandb_goes_offline_when_the_server_does_not_answer(tmp_path, monkeypatch, caplog, wandb_runs):
    start = wandb.init

    def unreachable(mode: str, **arguments: Any) -> Any:
        if mode == "online":
            raise wandb.errors.CommError("Timed out\nno such host")
        return start(mode=mode, **arguments)

    monkeypatch.setattr(wandb, "init", unreachable)
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    logger = SpectralWandbLogger(tmp_path, group="sweep")
    log_everything(logger)
    logger.finish()
    assert our_messages(caplog) == ["W&B cannot be reached, so this run is recorded offline: CommError: Timed out"]
    assert len(wandb_runs(tmp_path)) == 1


@pytest.mark.usefixtures("without_key")
def test_wandb_goes_offline_when_the_key_is_none(tmp_path, monkeypatch, caplog, wandb_runs):
    monkeypatch.setenv("WANDB_API_KEY", "mistyped")
    logger = SpectralWandbLogger(tmp_path)
    logger.log_metrics({"val/loss": 1.0}, step=1)
    logger.finish()
    (message,) = our_messages(caplog)
    assert message.startswith(
        "W&B cannot be reached, so this run is recorded offline: AuthenticationError: WANDB_API_KEY"
    )
    assert len(wandb_runs(tmp_path)) == 1


@pytest.mark.usefixtures("without_key")
def test_a_failing_start_of_wandb_costs_one_warning(tmp_path, monkeypatch, caplog):
    def fail(**_: Any) -> Any:
        raise OSError("No space left on device")

    monkeypatch.setattr(wandb, "init", fail)
    logger = SpectralWandbLogger(tmp_path, offline=True)
    log_everything(logger)
    logger.experiment.watch("anything")
    logger.finish()
    assert our_messages(caplog) == ["W&B records no more of this run, which goes on: OSError: No space left on device"]
    assert logger.location is None


@pytest.mark.usefixtures("without_key")
@pytest.mark.parametrize("method", ["log", "finish"])
def test_a_failing_call_of_wandb_costs_one_warning(tmp_path, monkeypatch, caplog, method):
    def fail(*_: Any, **__: Any) -> None:
        raise BrokenPipeError("the service is gone")

    monkeypatch.setattr(wandb.Run, method, fail)
    logger = SpectralWandbLogger(tmp_path)
    log_everything(logger)
    logger.finish()
    monkeypatch.undo()
    assert our_messages(caplog) == [
        "W&B records no more of this run, which goes on: BrokenPipeError: the service is gone"
    ]


@pytest.fixture(scope="session")
def mlflow_client():
    """MLflow's own client, to read back with."""
    reason = "pip install 'spectral_exp[mlflow]'"
    pytest.importorskip("sqlalchemy", reason=reason)
    tracking = pytest.importorskip("mlflow.tracking", reason=reason)
    return tracking.MlflowClient


# Of MLflow 3.17, by SQLAlchemy 2.1 and pandas 3.
QUIET_MLFLOW = pytest.mark.filterwarnings(
    "ignore:The ``noload`` loader strategy is deprecated", "ignore:For backward compatibility, 'str' dtypes"
)


@QUIET_MLFLOW
def test_mlflow_keeps_metrics_quantiles_masks_ranking_and_configuration(tmp_path, mlflow_client, capfd):
    uri = f"sqlite:///{tmp_path}/store/mlflow.db"
    logger = SpectralMLFlowLogger(
        tmp_path / "run", uri, "digits", name="seed=3", group="sweeps/monday", tags={"a": "b"}
    )
    assert isinstance(logger, RichLogger)
    log_everything(logger)
    logger.log_metrics({"val/accuracy": 0.85}, step=20)
    logger.log_image("spectral/mask", ~MASK, 20)
    logger.finish()
    other = SpectralMLFlowLogger(tmp_path / "other", uri, "digits", group="sweeps/monday")
    other.log_hyperparams({f"key_{place}": place for place in range(150)})  # more than MLflow takes at once
    other.finish(failed=True)
    assert capfd.readouterr() == ("", "")
    assert logger.location == uri

    client = mlflow_client(uri)
    (experiment,) = [one for one in client.search_experiments() if one.name == "digits"]
    runs = {
        run.info.run_name: run for run in client.search_runs([experiment.experiment_id], "tags.\"group\" = 'monday'")
    }
    assert set(runs) == {"seed=3", "monday"}
    assert (runs["seed=3"].info.status, runs["monday"].info.status) == ("FINISHED", "FAILED")
    assert len(runs["monday"].data.params) == 150
    run = runs["seed=3"]
    assert run.data.params == {"seed": "3", "regularization.strength": "0.001"}
    assert run.data.tags["a"] == "b" and run.data.tags["run_folder"] == str(tmp_path / "run")
    assert {name: run.data.metrics[name] for name in ("test/accuracy", "n_selected")} == {
        "test/accuracy": 0.5,
        "n_selected": 4,
    }
    history = client.get_metric_history(run.info.run_id, "val/accuracy")
    assert [(point.step, point.value) for point in history] == [(10, 0.75), (20, 0.85)]
    quantiles = [run.data.metrics[f"spectral/eigenvalues/{part}"] for part in ("min", "median", "max")]
    assert quantiles == [-1.5, 0.5, 2.0]
    assert not [name for name in run.data.metrics if name.startswith("spectral/nothing")]

    folder = Path(run.info.artifact_uri.removeprefix("file://"))
    assert folder.is_relative_to(tmp_path / "store" / "artifacts")
    pictures = {int(path.name.split("+")[2]): path for path in folder.glob("images/spectral~mask+step+*.png")}
    np.testing.assert_array_equal(decode_grey_png(pictures[10].read_bytes()) == 255, MASK)
    np.testing.assert_array_equal(decode_grey_png(pictures[20].read_bytes()) == 255, ~MASK)
    table = json.loads((folder / "ranking.json").read_text())
    assert (table["columns"], table["data"]) == (COLUMNS, RANKING)


@QUIET_MLFLOW
def test_mlflow_in_trouble_costs_one_warning(tmp_path, mlflow_client, caplog):
    (tmp_path / "store").write_text("a file where the folder should be")
    logger = SpectralMLFlowLogger(tmp_path, f"sqlite:///{tmp_path}/store/mlflow.db")
    log_everything(logger)
    logger.finish(failed=True)
    (message,) = our_messages(caplog)
    assert message.startswith("MLflow records no more of this run, which goes on: FileExistsError")
    assert logger.location is None


def test_mlflow_names_what_is_wrong_before_the_run(tmp_path, mlflow_client, monkeypatch):
    with pytest.raises(UserError, match=r"a server.s address, got file:\./mlruns"):
        SpectralMLFlowLogger(tmp_path, "file:./mlruns")
    monkeypatch.setattr("spectral_exp.tracking.logger.mlflow.find_spec", lambda _: None)
    with pytest.raises(UserError, match=r"pip install 'spectral_exp\[mlflow\]'"):
        SpectralMLFlowLogger(tmp_path, "sqlite:///mlflow.db")


def decode_grey_png(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(content)).convert("L"))


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
