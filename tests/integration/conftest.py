"""Runs that several tests read, and `spectral-train` within this process: importing torch takes seconds."""

import json
import logging
import struct
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

QUICK = ("experiment=quickstart", "trainer.max_epochs=4", "regularization/schedule=constant", "model.dropout=0.2")


@pytest.fixture(scope="session")
def quick():
    """The overrides of a run of four epochs."""
    return QUICK


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory) -> Path:
    """The folder of the run of four epochs, to be read only."""
    from spectral_exp.cli.compose import compose_config
    from spectral_exp.run import run

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("finished") / "run"
    run(compose_config(QUICK), folder, list(QUICK))
    return folder


@dataclass(frozen=True)
class Answer:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line on stderr."""
        (line,) = self.err.splitlines()
        return line


@pytest.fixture
def train(monkeypatch, tmp_path, capsys) -> Iterator[Callable[..., Answer]]:
    """Call `spectral-train` with arguments, in a folder of its own."""
    from spectral_exp.cli.train import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")
    monkeypatch.delenv("SPECTRAL_EXP_CONF", raising=False)
    root = logging.getLogger()
    before, level = list(root.handlers), root.level

    def train(*arguments: object, full_error: bool = False) -> Answer:
        capsys.readouterr()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["spectral-train", *map(str, arguments)])
            patch.setenv("HYDRA_FULL_ERROR", "1" if full_error else "0")
            try:
                main()
                code = 0
            except SystemExit as leaving:
                code = leaving.code
        return Answer(code, *capsys.readouterr())

    yield train
    for handler in root.handlers:  # Hydra's
        if handler not in before:
            handler.close()
    root.handlers[:] = before
    root.setLevel(level)


@pytest.fixture
def without_figures(monkeypatch) -> None:
    """Drawing takes longer than a short run."""
    monkeypatch.setattr("spectral_exp.report.figures.draw_figures", lambda _: [])


@pytest.fixture
def without_key(monkeypatch, tmp_path) -> Iterator[None]:
    """W&B as on a machine where nobody has logged in."""
    import wandb

    for variable in ("WANDB_API_KEY", "WANDB_MODE", "WANDB_IDENTITY_TOKEN_FILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no_netrc"))
    monkeypatch.setenv("WANDB_CONFIG_DIR", str(tmp_path / "no_config"))
    wandb.teardown()  # settings are read once per process
    yield
    wandb.teardown()


def read_wandb_records(file: Path) -> Iterator[Any]:
    """Read W&B's log of a run: protobuf messages, framed as LevelDB frames its log."""
    from wandb.proto import wandb_internal_pb2

    content = file.read_bytes()
    assert content[:4] in (b":W&B", b"")
    position, message = 7, b""
    while position + 7 <= len(content):
        room_in_block = 32768 - position % 32768
        if room_in_block < 7:
            position += room_in_block
            continue
        _, length, part = struct.unpack_from("<IHB", content, position)
        if position + 7 + length > len(content):  # being written
            return
        message += content[position + 7 : position + 7 + length]
        position += 7 + length
        if part in (1, 4):  # the whole message, or its last part
            yield wandb_internal_pb2.Record.FromString(message)
            message = b""


def read_wandb_run(folder: Path) -> dict[str, Any]:
    """Read what W&B recorded offline: the run, its config, its last values and its exit code."""
    (file,) = folder.glob("run-*.wandb")
    found: dict[str, Any] = {"folder": folder, "config": {}, "values": {}, "steps": [], "summary": {}}
    for record in read_wandb_records(file):
        match record.WhichOneof("record_type"):
            case "run":
                found["run"] = record.run
                items = record.run.config.update
            case "config":
                items = record.config.update
            case "history":
                row = {
                    item.key or ".".join(item.nested_key): json.loads(item.value_json) for item in record.history.item
                }
                found["values"].update(row)
                found["steps"].append(row.get("trainer/global_step"))
                continue
            case "summary":
                found["summary"] |= {
                    item.key or ".".join(item.nested_key): json.loads(item.value_json) for item in record.summary.update
                }
                continue
            case "exit":
                found["exit_code"] = record.exit.exit_code
                continue
            case _:
                continue
        found["config"].update({item.key: json.loads(item.value_json) for item in items})
    return found


def read_wandb_runs(save_dir: Path, closed: bool = True) -> list[dict[str, Any]]:
    """Read the runs in a folder, once W&B's own process has written their last records, unless it was killed."""
    deadline = time.monotonic() + 20
    while True:
        runs = [read_wandb_run(folder) for folder in sorted((save_dir / "wandb").glob("offline-run-*"))]
        if not closed or all("exit_code" in found for found in runs):
            return runs
        assert time.monotonic() < deadline, "W&B has not closed its record"
        time.sleep(0.02)


@pytest.fixture(scope="session")
def wandb_runs() -> Callable[..., list[dict[str, Any]]]:
    """Read the runs that W&B has recorded in a folder."""
    return read_wandb_runs
