import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from spectral_exp.cli.report import main

HEADER = "rank,feature,name,relevance,eigenvalue,selected,dropped_at_step"


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    status = {"state": "done", "overrides": ["seed=3"], "error": None, "seconds": 1.0}
    metrics = {"test/accuracy": 0.9, "n_features": 2, "n_selected": 1, "seed": 3}
    dataset = {
        "name": "two",
        "task": "classification",
        "shape": [2],
        "feature_names": ["a", "b"],
        "class_names": ["no", "yes"],
        "true_strength": None,
    }
    for name, content in (("status", status), ("metrics", metrics), ("dataset", dataset)):
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    (folder / "ranking.csv").write_text(f"{HEADER}\n1,1,b,2.0,2.0,true,-1\n2,0,a,1.0,1.0,false,-1\n", encoding="utf-8")
    (folder / "masking_curve.csv").write_text("n_kept,accuracy\n1,0.8\n2,0.9\n", encoding="utf-8")
    return folder


def test_it_says_the_answer_and_where_the_page_is(run_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(run_folder)]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0].startswith("1 of 2 inputs gives a test accuracy of 0.800.")
    assert out.splitlines()[1] == f"page     {run_folder / 'report.html'}"
    assert err == ""
    assert (run_folder / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_tables_lie_beside_the_page(run_folder: Path, tmp_path: Path, suffix: str) -> None:
    assert main([str(run_folder), "--out", str(tmp_path / "new" / "all.html"), "--tables", suffix]) == 0
    read = pd.read_csv if suffix == "csv" else pd.read_parquet
    tables = {name: read(tmp_path / "new" / f"all_{name}.{suffix}") for name in ("runs", "configurations", "inputs")}
    assert tables["runs"]["test/accuracy_with_selected"].tolist() == [0.8]
    assert tables["configurations"]["n_runs"].tolist() == [1]
    assert tables["inputs"]["name"].tolist() == ["b", "a"]


def test_a_second_page_replaces_the_first_and_leaves_nothing_else(run_folder: Path) -> None:
    before = sorted(path.name for path in run_folder.iterdir())
    for _ in range(2):
        assert main([str(run_folder)]) == 0
    assert sorted(path.name for path in run_folder.iterdir()) == sorted([*before, "report.html"])


@pytest.mark.parametrize("arguments", [["nowhere"], ["."], ["run", "--out", "."]])
def test_bad_input_is_one_line_on_stderr_and_exit_code_2(
    run_folder: Path,
    tmp_path: Path,
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty if arguments == ["."] else tmp_path)
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("spectral-report: ")
    assert err.count("\n") == 1


def test_a_page_that_cannot_be_written_is_one_line_and_exit_code_1(
    run_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(run_folder), "--out", str(run_folder / "ranking.csv" / "page.html")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_figures_without_kaleido_say_what_to_install(
    run_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "kaleido", None)
    assert main([str(run_folder), "--figures"]) == 2
    assert "pip install 'spectral_exp[figures]'" in capsys.readouterr().err


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from spectral_exp.cli.report import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'numpy', 'pandas', 'pyarrow', 'plotly', 'jinja2'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--tables csv" in done.stdout


def test_the_report_needs_no_torch(run_folder: Path) -> None:
    code = (
        "import sys; from spectral_exp.cli.report import main; code = main();"
        "sys.exit('imported torch' if {'torch', 'matplotlib'} & set(sys.modules) else code)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(run_folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
