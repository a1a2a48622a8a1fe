"""The live page in a real browser: while jobs run, curves grow, finished jobs appear, the reader's place is kept."""

import os
import signal
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

SCRIPTS = Path(sysconfig.get_path("scripts"))
SWEEP = (
    *("-m", "dataset=digits", "size=tiny", "seed=0,1", "trainer=cpu", "trainer.max_epochs=300"),
    *("hydra.launcher.n_jobs=1", "hydra.sweep.dir=sweep"),
)
SECONDS = 240  # for what takes ten on a machine that does nothing else


@pytest.fixture
def background(tmp_path: Path) -> Iterator[Any]:
    """Start commands that are ended with the test, if they have not ended before."""
    started: list[subprocess.Popen[str]] = []

    def start(command: str, *arguments: str) -> "subprocess.Popen[str]":
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen([SCRIPTS / command, *arguments], cwd=tmp_path, env=environment, **pipes))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def test_the_page_follows_a_sweep_from_before_its_start_to_its_end(
    tmp_path: Path, background: Any, open_page: Any, keep: Any
) -> None:
    (tmp_path / "sweep").mkdir()
    server = background("spectral-report", "sweep", "--serve", "--port", "0")
    url = next(word for word in server.stdout.readline().split() if word.startswith("http://127.0.0.1:"))
    page = open_page(url)
    page.set_default_timeout(1000 * SECONDS)
    assert "Waiting for a run" in page.inner_text(".answer")

    sweep = background("spectral-train", *SWEEP)
    epochs = "(document.querySelector('#run-0-training')?.calcdata?.[0].length ?? 0)"
    records = "(document.querySelector('#run-0-eigenvalues')?.calcdata?.[0].length ?? 0)"
    page.wait_for_function(f"{epochs} > 1")
    seen = page.evaluate(f"[{epochs}, {records}]")
    page.evaluate("document.getElementById('run-0-training').dataset.mark = 'the same figure'")
    page.locator("summary", has_text="Configuration").first.click()
    page.get_by_label("Search runs").fill("0")
    page.wait_for_function(f"{epochs} > {seen[0]} && {records} > {seen[1]}")
    assert page.get_attribute("#run-0-training", "data-mark") == "the same figure"
    assert page.get_by_label("Search runs").input_value() == "0"
    assert page.locator("details[open]", has_text="Configuration").count() == 1
    assert "Live; last change seen at" in page.inner_text(".live")
    keep(page, "live")

    page.wait_for_function("document.querySelector('main').textContent.includes('1 done, 1 not ended')")
    page.wait_for_selector("#run-1-training .main-svg")
    page.wait_for_function("document.querySelector('main').textContent.includes('2 done.')")
    assert page.locator("#d0-pareto .main-svg").count() >= 1
    assert page.locator("#run-1-training").count() == 0  # it has ended
    link = page.locator("a", has_text="config").first
    assert "max_epochs: 300" in page.request.get(f"{url}{link.get_attribute('href')}").text()
    assert sweep.wait(SECONDS) == 0

    page.goto("about:blank")
    server.send_signal(signal.SIGINT)
    assert server.wait(10) == 0
    assert server.stderr.read() == ""
    assert not list((tmp_path / "sweep").glob("**/*.html"))  # nothing was written
