"""Sweeps in the queue of a real Slurm: three jobs, two ranks, and a job that is preempted and goes on."""

import csv
import json
import os
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.one_node_slurm import OneNodeSlurm

pytestmark = pytest.mark.cluster

SCRIPT = Path(sysconfig.get_path("scripts")) / "spectral-train"
QUICK = ("dataset=digits", "size=tiny", "trainer=cpu", "hydra.launcher.cpus_per_task=1", "hydra.sweep.dir=sweep")
N_EPOCHS = 150
SECONDS = 600  # for what takes half a minute on a machine that does nothing else


@pytest.fixture(scope="module")
def slurm() -> Iterator[OneNodeSlurm]:
    pytest.importorskip("submitit", reason="pip install 'spectral_exp[slurm]'")
    with tempfile.TemporaryDirectory(prefix="slurm_") as folder:  # pytest's are too deep for a socket
        cluster = OneNodeSlurm(Path(folder))
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()


@pytest.fixture
def start(slurm: OneNodeSlurm, tmp_path: Path) -> Callable[..., "subprocess.Popen[str]"]:
    """Start a sweep in the cluster's queue."""

    def start(*arguments: str) -> "subprocess.Popen[str]":
        environment = {**slurm.environment, "OMP_NUM_THREADS": "1", "COLUMNS": "200", "HYDRA_FULL_ERROR": "0"}
        command = [SCRIPT, "-m", *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, cwd=tmp_path, env=environment, **pipes)

    return start


@pytest.fixture
def run(start: Callable[..., "subprocess.Popen[str]"]) -> Callable[..., tuple[int, str, str]]:
    """Run a sweep in the cluster's queue to its end."""

    def run(*arguments: str) -> tuple[int, str, str]:
        process = start(*arguments)
        out, err = process.communicate(timeout=SECONDS)
        return process.returncode, out, err

    return run


def state_of(job: Path) -> str:
    return str(json.loads((job / "status.json").read_text())["state"])


def epochs_of(job: Path) -> list[int]:
    try:
        with (job / "metrics.csv").open(newline="") as file:
            return [int(row["epoch"]) for row in csv.DictReader(file)]
    except FileNotFoundError:
        return []


def wait_until(is_so: Callable[[], bool], sweep: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + SECONDS
    while not is_so():
        assert sweep.poll() is None, sweep.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_three_jobs_are_done_and_are_not_run_again(run, tmp_path):
    sweep = tmp_path / "sweep"
    code, out, err = run("hydra/launcher=submitit_slurm", *QUICK, "trainer.max_epochs=2", "seed=0,1,2")
    assert code == 0, err
    assert out.count("  done ") == 3
    assert [state_of(sweep / str(job)) for job in range(3)] == ["done"] * 3
    record = json.loads((sweep / "sweep.json").read_text())
    assert [job["state"] for job in record["jobs"]] == ["done"] * 3
    before = [(sweep / str(job) / "status.json").read_bytes() for job in range(3)]
    (sweep / "1" / "status.json").write_text(json.dumps({**json.loads(before[1]), "state": "killed"}))
    code, _, err = run("resume=sweep")
    assert code == 0, err
    after = [(sweep / str(job) / "status.json").read_bytes() for job in range(3)]
    assert (after[0], after[2]) == (before[0], before[2])
    assert state_of(sweep / "1") == "done"


def test_two_ranks_train_one_job(run, tmp_path):
    ranks = ("+trainer.strategy=ddp", "trainer.devices=2", "hydra.launcher.tasks_per_node=2")
    code, _, err = run("hydra/launcher=submitit_slurm", *QUICK, *ranks, "trainer.max_epochs=2", "seed=0")
    assert code == 0, err
    job = tmp_path / "sweep" / "0"
    assert state_of(job) == "done" and epochs_of(job) == [0, 1]
    results = [path.name for path in (tmp_path / "sweep" / ".submitit").rglob("*_result.pkl")]
    assert sorted(name.split("_")[-2] for name in results) == ["0", "1"]  # each rank has ended


def test_a_preempted_job_queues_up_again_and_goes_on_from_its_last_checkpoint(start, slurm, tmp_path):
    job = tmp_path / "sweep" / "0"
    sweep = start("hydra/launcher=submitit_slurm", *QUICK, f"trainer.max_epochs={N_EPOCHS}", "seed=0")
    wait_until(lambda: len(epochs_of(job)) > 3, sweep)
    (number,) = set(slurm.ask("squeue", "--noheader", "--format=%i").split())
    slurm.ask("scancel", "--signal=USR2", number)
    wait_until(lambda: state_of(job) == "interrupted", sweep)
    before = (job / "metrics.csv").read_text().splitlines()
    out, err = sweep.communicate(timeout=SECONDS)
    assert sweep.returncode == 0, err
    assert "  done " in out
    assert epochs_of(job) == list(range(N_EPOCHS))
    assert 4 < len(before) < N_EPOCHS
    after = (job / "metrics.csv").read_text().splitlines()
    assert after[: len(before) - 1] == before[:-1]  # to the very seconds that they took: it did not begin anew
    log = "".join(path.read_text() for path in sorted((tmp_path / "sweep" / ".submitit").rglob("*_log.*")))
    assert "Requeued job" in log
    assert log.count("Training; everything goes to") == 2
    if folder := os.environ.get("SPECTRAL_EXP_LOGS"):
        (Path(folder) / "preempted_job.log").write_text(log)


def test_tasks_that_do_not_match_the_devices_of_a_job_are_refused_before_anything_is_submitted(run, tmp_path):
    code, _, err = run("hydra/launcher=submitit_slurm", *QUICK, "trainer.devices=1,2")
    assert code == 2
    assert "hydra.launcher.tasks_per_node=1, but trainer.devices=2" in err.splitlines()[-1]
    assert [path.name for path in (tmp_path / "sweep").iterdir()] == ["multirun.yaml"]
