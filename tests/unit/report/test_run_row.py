from pathlib import Path

from spectral_exp.report.run_files import RunFiles
from spectral_exp.report.run_row import order_columns, read_overrides, run_row


def test_a_run_that_never_started_says_so(tmp_path: Path) -> None:
    assert run_row(RunFiles(tmp_path)) == {"state": "not started", "seconds": None, "error": ""}


def test_overrides_that_are_no_list_are_none(tmp_path: Path) -> None:
    assert read_overrides(None) == read_overrides("seed=0") == {}


def test_columns_run_from_what_was_asked_to_what_came_out() -> None:
    rows = [{"run": "0", "val/accuracy": 1, "seed": "0", "error": ""}, {"run": "1", "test/accuracy": 1, "size": "tiny"}]
    assert order_columns(rows, ("run",)) == [
        *("run", "seed", "size", "test/accuracy", "val/accuracy"),
        *("n_features", "n_selected", "seconds", "error"),
    ]
