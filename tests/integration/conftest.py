"""Runs that several tests read, and `spectral-train` within this process: importing torch takes seconds."""

import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

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
