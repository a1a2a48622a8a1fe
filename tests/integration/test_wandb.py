"""What is logged reaches W&B's own files, offline if need be; W&B in trouble never stops a run."""

import json
from typing import Any

import numpy as np
import pytest
import wandb

from spectral_exp.tracking.logger.wandb import SpectralWandbLogger
from spectral_exp.tracking.rich_logger import RichLogger
from tests.integration.dashboard_content import COLUMNS, MASK, RANKING, decode_grey_png, log_everything, our_messages

pytestmark = [
    pytest.mark.usefixtures("without_key"),
    # W&B keeps media in temporary folders that it leaves to the garbage collector.
    pytest.mark.filterwarnings("ignore:Implicitly cleaning up <TemporaryDirectory:ResourceWarning"),
]


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


def test_wandb_respects_its_own_mode_variable(tmp_path, monkeypatch, wandb_runs):
    monkeypatch.setenv("WANDB_MODE", "disabled")
    logger = SpectralWandbLogger(tmp_path)
    log_everything(logger)
    logger.finish()
    assert wandb_runs(tmp_path) == []


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
