"""A process of several that fails takes the run along, with its reason, and leaves nobody behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from spectral_exp.errors import RankFailedError, UserError

pytestmark = pytest.mark.slow

FAULT = """
import os, signal, time
from pathlib import Path
from pytorch_lightning import Callback

class Fault(Callback):
    def __init__(self, kind, rank, folder):
        self.kind, self.rank, self.folder = kind, rank, Path(folder)

    def on_train_epoch_start(self, trainer, module):
        (self.folder / f"{trainer.global_rank}.pid").write_text(str(os.getpid()))
        if trainer.global_rank != self.rank or trainer.current_epoch != 1:
            return
        if self.kind == "raise":
            raise ValueError("a cable\\ncame loose")
        if self.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(600)
"""
QUICK = ("experiment=quickstart", "trainer.max_epochs=3", "trainer=ddp_cpu")


@pytest.fixture
def faulty(tmp_path, monkeypatch):
    """Overrides with which a rank fails."""
    (tmp_path / "rank_fault.py").write_text(FAULT)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("SPECTRAL_EXP_ALLOW", "rank_fault")

    def faulty(kind, rank):
        return (
            *QUICK,
            f"+callbacks.fault={{_target_: rank_fault.Fault, kind: {kind}, rank: {rank}, folder: {tmp_path}}}",
        )

    return faulty


def is_alive(pid):
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]
    except OSError:
        return False


def pids(folder):
    return [int(path.read_text()) for path in sorted(folder.glob("*.pid"))]


def status(folder):
    return json.loads((folder / "status.json").read_text())


@pytest.mark.parametrize(
    ("kind", "reason"), [("raise", "ValueError: a cable came loose"), ("kill", r"killed by SIGKILL \(by hand")]
)
def test_the_reason_is_that_of_the_process_which_failed(run_here, faulty, tmp_path, kind, reason):
    with pytest.raises(RankFailedError, match=f"process 2 of 2: {reason}"):
        run_here(*faulty(kind, 1))
    assert status(tmp_path / "run")["state"] == "failed"
    assert "process 2 of 2" in status(tmp_path / "run")["error"]
    assert not is_alive(pids(tmp_path)[1])
    assert not {"LOCAL_RANK", "WORLD_SIZE", "MASTER_PORT"} & set(os.environ)


def test_a_failure_of_the_first_process_ends_the_others(run_here, faulty, tmp_path):
    with pytest.raises(ValueError, match="a cable"):
        run_here(*faulty("raise", 0))
    assert not is_alive(pids(tmp_path)[1])


def wait_for(condition, seconds=120):
    latest = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < latest
        time.sleep(0.05)


@pytest.mark.parametrize(("number", "state"), [(signal.SIGKILL, "running"), (signal.SIGINT, "interrupted")])
def test_the_others_end_with_the_first_process_however_it_ends(faulty, tmp_path, number, state):
    command = [sys.executable, "-m", "spectral_exp.cli.train", *faulty("sleep", 0), "hydra.run.dir=run"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: len(pids(tmp_path)) == 2 and (tmp_path / "run" / "checkpoints" / "last.ckpt").is_file())
    process.send_signal(number)
    _, err = process.communicate()
    wait_for(lambda: not any(map(is_alive, pids(tmp_path))), seconds=10)
    assert status(tmp_path / "run")["state"] == state
    if number == signal.SIGINT:
        assert process.returncode == 130 and err.splitlines()[-1].startswith("Interrupted; go on with")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (("batch_size=1",), r"at least the number of devices \(2\), got 1"),
        (("+trainer.num_nodes=2",), r"needs processes that Slurm \(srun\) or torchrun has started"),
        (("trainer.strategy=ddp_spawn",), "processes are started in another way here; take ddp"),
        (("trainer.strategy=nonsense",), "trainer: .*nonsense"),
    ],
)
def test_what_cannot_work_is_refused(run_here, overrides, message):
    with pytest.raises(UserError, match=message):
        run_here(*QUICK, *overrides)
