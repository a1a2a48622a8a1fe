"""Time limits and deaths, with a program that only writes what a method would."""

import sys
import time

import pytest

from spectral_exp.comparison.method_process import run_method
from spectral_exp.comparison.settings import ComparisonSettings
from spectral_exp.sweep.job_process import Interrupts
from spectral_exp.tracking.comparison_folder import cell_folder, state_of
from spectral_exp.tracking.status import recorded_status

PROGRAM = """
import json, os, sys, time
from pathlib import Path

def write(path, content):
    path.with_suffix(".beside").write_text(json.dumps(content))
    path.with_suffix(".beside").replace(path)

folder, method = Path(sys.argv[1]), sys.argv[2]
for seed in (0, 1, 2):
    cell = folder / "cells" / method / f"seed_{seed}"
    cell.mkdir(parents=True, exist_ok=True)
    write(cell / "status.json", {"state": "running"})
    if method == "slow" and seed == 1:
        time.sleep(60)
    if method == "dies" and seed == 1:
        os.kill(os.getpid(), 9)
    write(cell / "cost.json", {})
    write(cell / "status.json", {"state": "done", "error": None})
"""


@pytest.fixture
def states(tmp_path):
    settings = ComparisonSettings(
        k=[1], seeds=[0, 1, 2], fractions=[], judge_epochs=1, time_limit=0.5, n_threads=1
    )  # fmt: skip

    def states(method):
        with Interrupts() as interrupts:
            run_method([sys.executable, "-c", PROGRAM], tmp_path, method, settings, interrupts)
        return [state_of(cell_folder(tmp_path, method, seed)) for seed in settings.seeds]

    return states


def test_a_method_that_needs_too_long_is_ended_and_what_it_had_is_kept(states):
    started = time.monotonic()
    first, second, third = states("slow")
    assert time.monotonic() - started < 20
    assert first == ("done", None)
    assert second == ("timed out", "no ranking after time_limit=0.5 s")
    assert third == ("timed out", "not tried: seed_1 reached time_limit=0.5 s")


@pytest.mark.parametrize("method", ["slow", "dies"])
def test_what_was_not_tried_can_be_tried_later(method, states, tmp_path):
    assert states(method)[2][0] != "done"
    cell = cell_folder(tmp_path, method, 2)
    with recorded_status(cell, []):
        assert state_of(cell) == ("running", None)
    assert state_of(cell) == ("done", None)


def test_a_method_that_is_killed_is_a_failure_of_the_seeds_it_left(states):
    reason = "killed by SIGKILL (by hand, or because memory ran out)"
    assert states("dies") == [("done", None), ("failed", reason), ("failed", reason)]


def test_a_method_that_ends_well_leaves_all_done(states):
    assert states("good") == [("done", None)] * 3
