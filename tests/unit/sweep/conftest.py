"""A program that behaves as `spectral-train` does towards its launcher, and starts at once."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from spectral_exp.sweep.job import Job
from spectral_exp.sweep.launch import Launch
from spectral_exp.sweep.progress import SweepProgress
from spectral_exp.sweep.starter import Starter
from spectral_exp.tracking.sweep_record import SweepRecord

# What a job does is its first override: do=fail and so on.
PROGRAM = """
import json, os, signal, subprocess, sys, time
from pathlib import Path

texts = dict(text.split("=", 1) for text in sys.argv[1:])
resumed = "resume" in texts
folder = Path((texts["resume"] if resumed else texts["hydra.run.dir"]).strip("'"))
status = {"state": "running", "pid": os.getpid(), "host": os.uname().nodename}
if resumed:
    status["overrides"] = json.loads((folder / "status.json").read_text())["overrides"]
else:
    status["overrides"] = sys.argv[1 : next(i for i, text in enumerate(sys.argv) if text.startswith("hydra.run.dir"))]
todo = "" if resumed else texts.get("do", "")

def write(name, content):
    (folder / name).write_text(json.dumps(content))

def leave(state, error, code):
    write("status.json", {**status, "state": state, "error": error})
    sys.exit(code)

if todo == "deaf":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
write("status.json", status)
write("config.yaml", {})
write("environment.json", dict(os.environ))
write("command.json", sys.argv[1:])
with open(folder / "starts", "a") as file:
    file.write("x")
if todo == "fail":
    leave("failed", "ValueError: on purpose", 1)
if todo == "mute":
    print("Failed: nobody wrote this down (HYDRA_FULL_ERROR=1 shows the stack trace)")
    sys.exit(1)
if todo == "die":
    os.kill(os.getpid(), signal.SIGKILL)
if todo in ("wait", "deaf", "orphan"):
    if todo == "orphan":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        write("child.json", child.pid)
        os.kill(os.getpid(), signal.SIGKILL)
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        leave("interrupted", None, 130)
time.sleep(float(texts.get("seconds", 0)))
write("metrics.json", {"val/accuracy": 0.5})
leave("done", None, 0)
"""


@pytest.fixture
def program(tmp_path: Path) -> list[str]:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return [sys.executable, str(path)]


@pytest.fixture
def launch(tmp_path: Path, program: list[str]) -> Callable[..., Launch]:
    """Make a launch of jobs, one per text of overrides."""

    def launch(*jobs: str, n_jobs: int = 4, fail_fast: bool = False, devices: tuple[str, ...] = ()) -> Launch:
        folder = tmp_path / "sweep"
        folder.mkdir(exist_ok=True)
        starter = Starter(program, folder, (), n_jobs, devices, n_devices=lambda _: 1)
        numbered = [Job(number, tuple(text.split()), folder / str(number)) for number, text in enumerate(jobs)]
        return Launch(numbered, starter, SweepProgress(len(jobs)), SweepRecord(["do=any"]), fail_fast)

    return launch
