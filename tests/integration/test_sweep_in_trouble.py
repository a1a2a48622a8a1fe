"""A sweep of 24 jobs of which three meet trouble: the others finish, the three are named, and can be run again."""

import csv
import json
import os
import signal
import subprocess
import sysconfig
import threading
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SCRIPT = Path(sysconfig.get_path("scripts")) / "spectral-train"
SWEEP = (
    *("-m", "dataset=digits", "regularization/schedule=constant,linear,cosine", "size=tiny,small", "seed=0,1,2,3"),
    *("trainer=cpu", "trainer.max_epochs=2", "logger=wandb", "hydra.launcher.n_jobs=2", "hydra.sweep.dir=sweep"),
)
RAISES, IS_KILLED, HAS_NO_ROOM = 5, 9, 14
KIBIBYTES = 100  # enough for the first files of a job, not for a checkpoint


def spectral_train(*arguments, cwd):
    environment = {**os.environ, "COLUMNS": "250", "WANDB_MODE": "offline", "HYDRA_FULL_ERROR": "0"}
    return subprocess.run([SCRIPT, *arguments], cwd=cwd, env=environment, capture_output=True, text=True)


def kill_when_it_trains(job):
    while not (job / "config.yaml").exists():
        time.sleep(0.02)
    os.kill(json.loads((job / "status.json").read_text())["pid"], signal.SIGKILL)


def rows_of(sweep):
    with (sweep / "sweep.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_sweep_survives_three_jobs_in_trouble_and_goes_on(tmp_path, small_disk, wandb_runs):
    sweep = tmp_path / "sweep"
    in_the_way = sweep / str(RAISES) / "trace.arrows"
    in_the_way.mkdir(parents=True)
    free = small_disk(sweep / str(HAS_NO_ROOM), KIBIBYTES)
    threading.Thread(target=kill_when_it_trains, args=[sweep / str(IS_KILLED)], daemon=True).start()

    first = spectral_train(*SWEEP, cwd=tmp_path)
    assert first.returncode == 1
    assert first.stderr.splitlines()[-1] == (
        "Failed: 3 of 24 jobs did not finish; go on with: spectral-train -m resume=sweep"
    )
    rows = rows_of(sweep)
    assert [int(row["job"]) for row in rows] == list(range(24))
    unfinished = {int(row["job"]): (row["state"], row["error"]) for row in rows if row["state"] != "done"}
    assert unfinished.keys() == {RAISES, IS_KILLED, HAS_NO_ROOM}
    assert unfinished[RAISES][0] == "failed" and "trace.arrows" in unfinished[RAISES][1]
    assert unfinished[IS_KILLED][0] == "killed" and "SIGKILL" in unfinished[IS_KILLED][1]
    assert unfinished[HAS_NO_ROOM][0] == "failed" and "No space left on device" in unfinished[HAS_NO_ROOM][1]
    for state, error in unfinished.values():
        (line,) = [line for line in first.stdout.splitlines() if error[:40] in line]
        assert state in line

    in_the_way.rmdir()
    free()
    finished = [sweep / row["job"] / "status.json" for row in rows if row["state"] == "done"]
    before = [file.read_bytes() for file in finished]
    second = spectral_train("-m", "resume=sweep", cwd=tmp_path)
    assert second.returncode == 0, second.stderr
    assert "Finished before: 21 jobs" in second.stderr
    assert [file.read_bytes() for file in finished] == before
    rows = rows_of(sweep)
    assert [row["state"] for row in rows] == ["done"] * 24
    combinations = {(row["regularization/schedule"], row["size"], row["seed"]) for row in rows}
    assert len(combinations) == 24

    recorded = [run for row in rows for run in wandb_runs(sweep / row["job"], closed=False)]
    whole = [run["run"] for run in recorded if run.get("exit_code") == 0]
    assert len({run.display_name for run in whole}) == len(whole) == 24
    assert {run["run"].run_group for run in recorded} == {"sweep"}
