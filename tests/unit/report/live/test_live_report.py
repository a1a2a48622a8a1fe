"""A live report follows the files, reads what has changed and nothing else, and survives what is half written."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from spectral_exp.report import collect
from spectral_exp.report.live.live_report import LiveReport
from spectral_exp.report.page.content import Content
from spectral_exp.tracking.run_folder import METRICS_HISTORY, RANKING, STATUS, TRACE
from spectral_exp.tracking.trace import TraceWriter

NAMES = ["age", "income in $", "_private", "[red]height"]
MakeRun = Callable[..., Path]


@pytest.fixture
def sweep(tmp_path: Path, make_run: MakeRun) -> Path:
    """A job that is done, and one that still runs."""
    make_run(tmp_path / "sweep" / "0", overrides=["seed=0"])
    running = make_run(tmp_path / "sweep" / "1", state="running", overrides=["seed=1"])
    (running / RANKING).unlink()
    return tmp_path / "sweep"


def titles(content: Content) -> list[str]:
    return [section.title for section in content.sections]


def last_step(content: Content, key: str) -> int:
    (chart,) = [chart for chart in content.charts if chart.key == f"{key}-eigenvalues"]
    return int(chart.figure.data[0].x[-1])


def last_epoch(content: Content, key: str) -> int:
    (chart,) = [chart for chart in content.charts if chart.key == f"{key}-training"]
    return int(chart.figure.data[0].x[-1])


def test_without_a_change_nothing_is_read_again(sweep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = LiveReport(sweep)
    tag, content = report.look()
    monkeypatch.setattr(Path, "read_text", None)
    monkeypatch.setattr(Path, "open", None)
    assert report.look() == (tag, content)


def test_curves_and_eigenvalues_move_while_a_job_runs(sweep: Path) -> None:
    report = LiveReport(sweep)
    tag, before = report.look()
    assert "not ended: run 1" in titles(before)
    assert (last_step(before, "run-1"), last_epoch(before, "run-1")) == (30, 1)
    writer = TraceWriter(sweep / "1" / TRACE, 4, keep_until_step=30)
    writer.append(40, 4, 0.1, np.array([3.0, 0, 1, 0]), np.array([True, False, True, False]))
    with (sweep / "1" / METRICS_HISTORY).open("a") as file:
        file.write("2,40,0.2,0.3,0.98,2\n3,50,0.1")  # the second row is being written
    new_tag, after = report.look()
    writer.close()
    assert new_tag != tag
    assert (last_step(after, "run-1"), last_epoch(after, "run-1")) == (40, 2)


def test_a_job_that_ends_joins_the_answer_and_the_others_are_not_read_again(
    sweep: Path, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = LiveReport(sweep)
    _, before = report.look()
    assert "1 done, 1 not ended" in " ".join(before.sections[-2].sentences)
    make_run(sweep / "1", overrides=["seed=1"])
    read: list[Path] = []
    original = collect._read
    monkeypatch.setattr(collect, "_read", lambda folder, *rest: read.append(folder) or original(folder, *rest))
    _, after = report.look()
    assert "2 done" in " ".join(after.sections[-2].sentences)
    assert read == [sweep / "1"]


def test_a_folder_may_be_empty_at_first(tmp_path: Path, make_run: MakeRun) -> None:
    report = LiveReport(tmp_path)
    tag, content = report.look()
    assert (tag, content.sections) == ("", [])
    assert content.headlines[0].startswith("Waiting for a run.")
    make_run(tmp_path / "run")
    assert "2 of 4 inputs" in report.look()[1].headlines[0]


def test_what_is_torn_costs_its_own_figure_and_is_read_when_it_is_whole(sweep: Path) -> None:
    report = LiveReport(sweep)
    report.look()
    status = (sweep / "1" / STATUS).read_bytes()
    (sweep / "1" / STATUS).write_bytes(status[:20])
    _, torn = report.look()
    assert any("Run 1 broken" in warning for section in torn.sections for warning in section.warnings)
    (sweep / "1" / STATUS).write_bytes(status)
    _, whole = report.look()
    assert "not ended: run 1" in titles(whole)


def test_a_broken_record_of_the_sweep_leaves_the_page_as_it_was(sweep: Path) -> None:
    report = LiveReport(sweep)
    before = report.look()
    (sweep / "sweep.json").write_text('{"overrides": [')
    assert report.look() == before
    (sweep / "sweep.json").write_text(json.dumps({"overrides": [], "jobs": []}))
    assert report.look()[0] != before[0]


def test_a_run_that_is_removed_leaves_the_page(sweep: Path) -> None:
    report = LiveReport(sweep)
    report.look()
    shutil.rmtree(sweep / "1")
    assert "1 done." in " ".join(report.look()[1].sections[-2].sentences)


def test_only_the_configurations_of_its_runs_can_be_asked_for(sweep: Path) -> None:
    (sweep / "0" / "config.yaml").write_text("seed: 0\n")
    (sweep.parent / "config.yaml").write_text("secret")
    report = LiveReport(sweep)
    report.look()
    assert report.config("0/config.yaml") == sweep / "0" / "config.yaml"
    for link in ("../config.yaml", "0/../../config.yaml", "0/status.json", f"{sweep.parent}/config.yaml", ""):
        assert report.config(link) is None
