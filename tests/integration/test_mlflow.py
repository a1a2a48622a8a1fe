"""What is logged reaches MLflow's store; MLflow in trouble never stops a run."""

import json
from pathlib import Path

import numpy as np
import pytest

from spectral_exp.errors import UserError
from spectral_exp.tracking.logger.mlflow import SpectralMLFlowLogger
from spectral_exp.tracking.rich_logger import RichLogger
from tests.integration.dashboard_content import COLUMNS, MASK, RANKING, decode_grey_png, log_everything, our_messages


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
