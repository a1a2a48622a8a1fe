import json
import signal

import pytest

from spectral_exp.sweep.job import Job, JobEnd, end_after_exit, end_before_start


@pytest.fixture
def job(tmp_path):
    return Job(0, ("seed=1",), tmp_path)


def write(folder, name, **content):
    (folder / name).write_text(json.dumps(content))


def test_a_job_is_finished_when_it_says_so_and_has_its_metrics(job):
    assert end_before_start(job) is None
    write(job.folder, "status.json", state="done", overrides=["seed=1"])
    assert end_before_start(job) is None
    write(job.folder, "metrics.json", **{"val/accuracy": 1.0})
    assert end_before_start(job) == JobEnd("done", metrics={"val/accuracy": 1.0})


def test_a_job_that_was_resumed_is_still_the_same_job(job):
    write(job.folder, "metrics.json", n_selected=3)
    write(job.folder, "status.json", state="done", overrides=["seed=1", "resume='somewhere'"])
    assert end_before_start(job).state == "done"


@pytest.mark.parametrize("state", ["failed", "killed", "interrupted", "running"])
def test_a_job_in_any_other_state_has_to_run(job, state):
    write(job.folder, "metrics.json", n_selected=3)
    write(job.folder, "status.json", state=state, overrides=["seed=1"], host="elsewhere", pid=1)
    assert end_before_start(job) is None


def test_a_job_says_itself_why_it_failed(job):
    write(job.folder, "status.json", state="failed", error="ValueError: no", overrides=["seed=1"])
    assert end_after_exit(job, 1) == JobEnd("failed", "ValueError: no")


@pytest.mark.parametrize(
    "line", ["Error: no room (in the sweep)", "Failed: no room (in the sweep) (HYDRA_FULL_ERROR=1"]
)
def test_the_log_says_why_where_the_status_does_not(job, line):
    (job.folder / "log.txt").write_text(f"epoch 1\n{line}\n")
    write(job.folder, "status.json", state="running", overrides=["seed=1"])
    assert end_after_exit(job, 2) == JobEnd("failed", "no room (in the sweep)")
    status = json.loads((job.folder / "status.json").read_text())
    assert (status["state"], status["error"], status["overrides"]) == ("failed", "no room (in the sweep)", ["seed=1"])


def test_a_job_without_a_word_gives_its_exit_code(job):
    assert end_after_exit(job, 3).error == "ended with exit code 3 and without a word"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_signal_is_named_even_if_the_status_is_an_older_one(job, number):
    write(job.folder, "status.json", state="failed", error="from an earlier start", overrides=["seed=1"])
    end = end_after_exit(job, -number)
    assert end.state == "killed"
    assert number.name in end.error


def test_an_exit_code_of_0_without_a_result_is_no_success(job):
    write(job.folder, "status.json", state="running", overrides=["seed=1"])
    assert end_after_exit(job, 0).state == "failed"
