import io
import logging

from rich.console import Console

from spectral_exp.sweep.job import Job, JobEnd
from spectral_exp.sweep.progress import SweepProgress


def end_all(progress, tmp_path, ends):
    with progress:
        for number, end in enumerate(ends):
            progress.started()
            progress.ended(Job(number, (), tmp_path / str(number)), end)


def test_without_a_terminal_there_are_a_few_lines_and_every_failure(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    ends = [JobEnd("done", metrics={"val/accuracy": 0.5 + number / 1000}) for number in range(100)]
    ends[7] = JobEnd("failed", "ValueError: no")
    file = io.StringIO()
    end_all(SweepProgress(100, Console(file=file)), tmp_path, ends)
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 21
    assert lines[1] == f"job 7 failed: ValueError: no ({tmp_path}/7/log.txt)"
    assert lines[2].startswith("10/100 jobs  1 failed  best val/accuracy 0.509 (job 9)  about 0:00:0")
    assert lines[-1] == "100/100 jobs  1 failed  best val/accuracy 0.599 (job 99)"
    assert file.getvalue() == ""


def test_of_an_error_the_smallest_is_best(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    ends = [JobEnd("done", metrics={"val/mae": value}) for value in (0.3, 0.1, 0.2)]
    end_all(SweepProgress(3, Console(file=io.StringIO())), tmp_path, ends)
    assert caplog.records[-1].getMessage() == "3/3 jobs  best val/mae 0.1 (job 1)"


def test_what_an_earlier_start_has_finished_counts(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    progress = SweepProgress(2, Console(file=io.StringIO()))
    progress.finished_before({Job(0, (), tmp_path): JobEnd("done", metrics={"val/accuracy": 0.9})})
    progress.started()
    progress.ended(Job(1, (), tmp_path), JobEnd("done", metrics={"val/accuracy": 0.8}))
    assert caplog.records[-1].getMessage() == "2/2 jobs  best val/accuracy 0.9 (job 0)"


def test_on_a_terminal_there_is_one_bar_and_failures_above_it(tmp_path):
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=150, color_system=None)
    end_all(SweepProgress(2, console), tmp_path, [JobEnd("killed", "killed by SIGKILL"), JobEnd("done")])
    shown = file.getvalue()
    assert "job 0 killed: killed by SIGKILL" in shown
    assert "2/2 jobs" in shown and "1 failed" in shown
