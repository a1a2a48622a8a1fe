"""`kill -9` at random moments of a real run, then `resume=`: the end is that of the undisturbed run."""

import csv
import random
import subprocess
import sysconfig
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SCRIPT = Path(sysconfig.get_path("scripts")) / "spectral-train"
RUN = ("experiment=quickstart", "trainer.max_epochs=25", "model.dropout=0.1")
MOMENTS = [round(random.Random(20240607 + kill).random(), 3) for kill in range(5)]


def start(*arguments, cwd):
    return subprocess.Popen([SCRIPT, *arguments], cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(*arguments, cwd):
    process = start(*arguments, cwd=cwd)
    _, err = process.communicate()
    assert process.returncode == 0, err.decode()


def wait_for(file, process):
    while not file.exists():
        assert process.poll() is None, process.communicate()[1].decode()
        time.sleep(0.01)


def history(folder):
    with (folder / "metrics.csv").open(newline="") as file:
        return [{key: value for key, value in row.items() if key != "seconds"} for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The folder of a run that nobody kills, and the seconds from its config to its ranking."""
    cwd = tmp_path_factory.mktemp("undisturbed")
    folder = cwd / "run"
    process = start(*RUN, "hydra.run.dir=run", cwd=cwd)
    wait_for(folder / "config.yaml", process)
    started = time.monotonic()
    wait_for(folder / "ranking.csv", process)
    seconds = time.monotonic() - started
    assert process.wait() == 0
    process.stderr.close()
    return folder, seconds


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_run_goes_on_as_if_nothing_had_happened(undisturbed, tmp_path, moment):
    straight, seconds = undisturbed
    folder = tmp_path / "run"
    process = start(*RUN, "hydra.run.dir=run", cwd=tmp_path)
    wait_for(folder / "config.yaml", process)
    time.sleep(moment * seconds)
    process.kill()
    process.communicate()
    finish("resume=run", cwd=tmp_path)
    for name in ("ranking.csv", "trace.arrows", "mask.npy"):
        assert (folder / name).read_bytes() == (straight / name).read_bytes(), name
    assert history(folder) == history(straight)
