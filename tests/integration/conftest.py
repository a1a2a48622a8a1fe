"""Runs that several tests read, and `spectral-train` within this process: importing torch takes seconds."""

import json
import logging
import os
import shutil
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


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright."""
    playwright = pytest.importorskip("playwright.sync_api", reason="pip install 'spectral_exp[browser]'")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        # Root in a container has no sandbox; parallel coordinates are drawn by WebGL, here without a graphics card.
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--enable-unsafe-swiftshader"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a file, or a page of this machine; at the end nothing must have been complained of, or asked of others."""
    complaints: list[str] = []
    asked_of_others: list[str] = []
    contexts = []

    def open_page(where: Path | str, width: int = 1400, scheme: str = "light") -> Any:
        url = where.as_uri() if isinstance(where, Path) else where
        own = ("file:", "data:", "blob:") if isinstance(where, Path) else (url, "data:", "blob:")
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme))
        page = contexts[-1].new_page()
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: asked.url.startswith(own) or asked_of_others.append(asked.url))
        page.goto(url)
        page.wait_for_function("[...document.querySelectorAll('.chart')].every(one => one.querySelector('.main-svg'))")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert asked_of_others == []


@pytest.fixture(scope="session")
def keep() -> Callable[[Any, str], None]:
    """Keep a screenshot of a page, if SPECTRAL_EXP_SCREENSHOTS names a folder for them."""
    folder = os.environ.get("SPECTRAL_EXP_SCREENSHOTS")

    def keep(page: Any, name: str) -> None:
        if folder:
            page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

    return keep
