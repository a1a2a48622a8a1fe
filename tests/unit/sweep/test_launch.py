import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from spectral_exp.errors import UserError
from spectral_exp.sweep.job_process import JobProcess
from spectral_exp.tracking.sweep_record import read_sweep_record


def status_of(folder):
    return json.loads((folder / "status.json").read_text())


def starts_of(folder):
    return len((folder / "starts").read_text()) if (folder / "starts").exists() else 0


def states(ends):
    return [end.state for end in ends]


def is_alive(pid):
    try:
        return "zombie" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_a_job_that_fails_or_is_killed_leaves_the_others_alone(launch, tmp_path):
    ends = launch("do=fail", "do=die", "do=mute", "seed=1", "seed=2").run()
    assert states(ends) == ["failed", "killed", "failed", "done", "done"]
    assert ends[0].error == "ValueError: on purpose"
    assert ends[1].error.startswith("killed by SIGKILL")
    assert ends[2].error == "nobody wrote this down"
    assert ends[3].metrics == {"val/accuracy": 0.5}
    for number, end in enumerate(ends):
        status = status_of(tmp_path / "sweep" / str(number))
        assert (status["state"], status["error"]) == (end.state, end.error)
    assert "nobody wrote this down" in (tmp_path / "sweep/2/log.txt").read_text()


def test_the_record_names_what_every_job_was_asked_for_and_how_it_ended(launch, tmp_path):
    launch("do=fail a=1", "seed=1").run()
    record = read_sweep_record(tmp_path / "sweep")
    assert record.overrides == ["do=any"]
    failed, done = record.jobs["0"], record.jobs["1"]
    assert (failed.overrides, failed.state, failed.error) == (["do=fail", "a=1"], "failed", "ValueError: on purpose")
    assert (done.overrides, done.state, done.error) == (["seed=1"], "done", None)


def test_finished_jobs_are_not_run_again_and_begun_ones_go_on(launch, tmp_path):
    jobs = ("do=fail", "do=die", "seed=1")
    launch(*jobs).run()
    assert states(launch(*jobs).run()) == ["done"] * 3
    assert [starts_of(tmp_path / "sweep" / str(number)) for number in range(3)] == [2, 2, 1]
    assert f"resume='{tmp_path}/sweep/0'" in json.loads((tmp_path / "sweep/0/command.json").read_text())


def test_a_job_that_never_wrote_its_status_starts_anew(launch, tmp_path):
    (tmp_path / "sweep/0").mkdir(parents=True)
    (tmp_path / "sweep/0/status.json").write_text("{")
    assert states(launch("seed=1").run()) == ["done"]


def test_a_folder_of_another_job_is_refused_before_any_starts(launch, tmp_path):
    launch("seed=0", "seed=1").run()
    with pytest.raises(UserError, match=r"sweep/1 holds another job \(seed=1\) than the seed=2"):
        launch("seed=0", "seed=2")


def test_no_more_jobs_run_at_a_time_than_asked_for(launch, tmp_path):
    most, stopped = 0, threading.Event()

    def watch():
        nonlocal most
        while not stopped.is_set():
            files = list((tmp_path / "sweep").glob("*/status.json"))
            texts = [file.read_text() for file in files]
            most = max(most, sum('"running"' in text for text in texts))
            time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    launch(*(f"seconds=0.3 seed={seed}" for seed in range(4)), n_jobs=2).run()
    stopped.set()
    watcher.join()
    assert most == 2


def test_fail_fast_stops_what_runs_and_starts_nothing_more(launch, tmp_path):
    ends = launch("do=wait", "seconds=0.5 do=fail", "seed=1", n_jobs=2, fail_fast=True).run()
    assert states(ends) == ["interrupted", "failed", "waiting"]
    assert not (tmp_path / "sweep/2").exists()
    assert status_of(tmp_path / "sweep/0")["state"] == "interrupted"
    assert read_sweep_record(tmp_path / "sweep").jobs["2"].state == "waiting"


@pytest.mark.parametrize("asked_by", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_sweep_leaves_no_process_behind(launch, tmp_path, asked_by):
    folder = tmp_path / "sweep/0"

    def interrupt():
        while not (folder / "starts").exists():
            time.sleep(0.01)
        time.sleep(0.1)
        os.kill(os.getpid(), asked_by)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        launch("do=wait", "seed=1", n_jobs=1).run()
    status = status_of(folder)
    assert status["state"] == "interrupted"
    assert not is_alive(status["pid"])
    assert not (tmp_path / "sweep/1").exists()
    assert read_sweep_record(tmp_path / "sweep").jobs["0"].state == "interrupted"


def test_what_was_ignored_stays_ignored_as_under_nohup(launch):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        threading.Timer(0.2, os.kill, [os.getpid(), signal.SIGHUP]).start()
        assert states(launch("seconds=0.5 seed=1").run()) == ["done"]
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_job_that_does_not_listen_is_killed_by_a_second_interrupt(launch, tmp_path):
    def interrupt_twice():
        while not (tmp_path / "sweep/0/starts").exists():
            time.sleep(0.01)
        for _ in range(2):
            time.sleep(0.3)
            os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt_twice).start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        launch("do=deaf").run()
    assert time.monotonic() - started < 10
    status = status_of(tmp_path / "sweep/0")
    assert status["state"] == "interrupted"
    assert not is_alive(status["pid"])


def test_what_a_killed_job_had_started_ends_with_it(launch, tmp_path):
    assert states(launch("do=orphan").run()) == ["killed"]
    child = json.loads((tmp_path / "sweep/0/child.json").read_text())
    latest = time.monotonic() + 5
    while is_alive(child) and time.monotonic() < latest:
        time.sleep(0.01)
    assert not is_alive(child)


def test_a_job_that_outlived_its_launcher_is_not_started_twice(launch, tmp_path, program):
    folder = tmp_path / "sweep/0"
    process = JobProcess([*program, "do=wait", f"hydra.run.dir='{folder}'"], folder, os.environ)
    try:
        while not (tmp_path / "sweep/0/starts").exists():
            time.sleep(0.01)
        with pytest.raises(UserError, match="still runs, as process"):
            launch("do=wait")
    finally:
        process.send(signal.SIGKILL)
        while process.exit_code() is None:
            time.sleep(0.01)


def test_jobs_get_a_device_each_and_share_the_cores(launch, tmp_path, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr("spectral_exp.sweep.resources.n_cores", lambda: 8)
    launch("seconds=0.5 seed=0", "seconds=0.5 seed=1", n_jobs=2, devices=("4", "7")).run()
    seen = [json.loads((tmp_path / "sweep" / name / "environment.json").read_text()) for name in ("0", "1")]
    assert [one["CUDA_VISIBLE_DEVICES"] for one in seen] == ["4", "7"]
    assert [one["OMP_NUM_THREADS"] for one in seen] == ["4", "4"]


def test_a_full_disk_costs_its_job_alone_and_is_named(launch, tmp_path, small_disk):
    folder = tmp_path / "sweep/0"
    free = small_disk(folder, kibibytes=4)
    (folder / "filler").write_bytes(bytes(4096))
    ends = launch("seed=0", "seed=1").run()
    assert states(ends) == ["failed", "done"]
    assert "No space left on device" in ends[0].error
    assert read_sweep_record(tmp_path / "sweep").jobs["0"].error == ends[0].error
    free()
    assert states(launch("seed=0", "seed=1").run()) == ["done", "done"]
