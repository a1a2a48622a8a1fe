import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from spectral_exp.cli.rank import main

HEADER = "rank,feature,name,relevance,eigenvalue,selected,dropped_at_step"
ROWS = [
    "1,2,_private,2.0,-2.0,true,-1",
    '2,0,"age, in years",1.5,1.5,true,-1',
    "3,3,[red]height,0.1,0.1,false,-1",
    "4,1,région,0.0,-0.0,false,20",
]


HISTORY = ["epoch,spectral/n_kept,val/accuracy", "0,4.0,0.99", "1,4.0,0.9", "2,2.0,0.5", "3,2.0,0.75"]


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    (tmp_path / "status.json").write_text('{"state": "done"}', encoding="utf-8")
    (tmp_path / "ranking.csv").write_text("\n".join([HEADER, *ROWS]) + "\n", encoding="utf-8")
    return tmp_path


def test_the_table_shows_names_bars_and_how_many_are_kept(run_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(run_folder)]) == 0
    header, *rows, last = capsys.readouterr().out.splitlines()
    assert header.split() == ["rank", "name", "relevance", "eigenvalue", "kept"]
    assert [row.split()[0] for row in rows] == ["1", "2", "3", "4"]
    assert ["[red]height" in row for row in rows] == [False, False, True, False]
    assert [row.count("█") for row in rows] == sorted((row.count("█") for row in rows), reverse=True)
    assert [row.split()[-1] for row in rows] == ["yes", "yes", "no", "no"]
    assert last == "2 of 4 inputs kept"


def test_csv_gives_back_the_file(run_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(run_folder), "--format", "csv"]) == 0
    assert capsys.readouterr().out.splitlines() == [HEADER, *ROWS]


def test_json_is_a_list_of_typed_rows(run_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(run_folder), "--format", "json", "--top", "2"]) == 0
    first, second = json.loads(capsys.readouterr().out)
    assert first == {
        "rank": 1,
        "feature": 2,
        "name": "_private",
        "relevance": 2.0,
        "eigenvalue": -2.0,
        "selected": True,
        "dropped_at_step": -1,
    }
    assert second["name"] == "age, in years"


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_top_shortens_every_format(run_folder: Path, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(run_folder), "--top", "1", "--format", form]) == 0
    out = capsys.readouterr().out
    assert "_private" in out
    assert "age" not in out


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_the_table_fits_the_terminal(
    run_folder: Path, width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    path = run_folder / "ranking.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("_private", "a very long name " * 6), encoding="utf-8")
    assert main([str(run_folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    assert len(lines) == 6


@pytest.fixture
def path_folder(tmp_path: Path) -> Path:
    """A run on a path that still goes on: it has no ranking yet."""
    (tmp_path / "status.json").write_text('{"state": "running"}', encoding="utf-8")
    (tmp_path / "metrics.csv").write_text("\n".join(HISTORY) + "\n", encoding="utf-8")
    return tmp_path


def test_the_curve_is_a_table_of_the_last_epoch_at_each_number_of_inputs(
    path_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(path_folder), "--curve"]) == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split() == ["inputs", "epoch", "validation", "accuracy"]
    assert [row.split() for row in rows] == [["2", "3", "0.7500"], ["4", "1", "0.9000"]]


def test_a_long_curve_is_thinned_in_the_table_and_whole_in_csv_and_json(
    path_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = path_folder / "metrics.csv"
    path.write_text("\n".join([HISTORY[0], *(f"{epoch},{100 - epoch}.0,0.5" for epoch in range(90))]) + "\n")
    whole = [(n_kept, 100 - n_kept, 0.5) for n_kept in range(11, 101)]

    assert main([str(path_folder), "--curve"]) == 0
    _, *rows, last = capsys.readouterr().out.splitlines()
    shown = [int(row.split()[0]) for row in rows]
    assert (len(shown), shown[0], shown[-1]) == (20, 11, 100)
    assert shown == sorted(set(shown))
    assert last == "20 of 90 rows; --format csv has all"

    assert main([str(path_folder), "--curve", "--format", "csv"]) == 0
    header, *lines = csv.reader(io.StringIO(capsys.readouterr().out))
    assert header == ["n_kept", "epoch", "val/accuracy"]
    assert [(int(n_kept), int(epoch), float(score)) for n_kept, epoch, score in lines] == whole

    assert main([str(path_folder), "--curve", "--format", "json"]) == 0
    assert [tuple(one.values()) for one in json.loads(capsys.readouterr().out)] == whole


def test_the_curve_of_a_run_without_a_path_says_what_to_do(
    path_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (path_folder / "metrics.csv").write_text("\n".join(HISTORY[:3]) + "\n", encoding="utf-8")
    assert main([str(path_folder), "--curve"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert str(path_folder) in err
    assert err.endswith("train with regularization=path\n")
    assert err.count("\n") == 1


def test_the_curve_has_no_top(path_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([str(path_folder), "--curve", "--top", "3"])
    assert caught.value.code == 2
    assert "not allowed with" in capsys.readouterr().err


def test_bad_input_is_one_line_on_stderr_and_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "nowhere")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("spectral-rank: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("top", ["0", "-3", "many", "2.5"])
def test_a_top_that_is_no_count_is_refused(run_folder: Path, top: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([str(run_folder), f"--top={top}"])
    assert caught.value.code == 2
    assert f"expected a whole number of at least 1, got '{top}'" in capsys.readouterr().err


def test_help_teaches_by_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    assert "--format csv > " in capsys.readouterr().out


def test_a_reader_that_stops_early_sees_no_complaint(run_folder: Path) -> None:
    path = run_folder / "ranking.csv"
    path.write_text("\n".join([HEADER, *ROWS * 20_000]) + "\n", encoding="utf-8")
    code = "import sys; from spectral_exp.cli.rank import main; sys.exit(main())"
    command = [sys.executable, "-c", code, str(run_folder), "--format", "csv"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().decode().strip() == HEADER
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


@pytest.mark.parametrize("arguments", [[], ["--curve"]])
def test_a_pipe_gets_no_colours_and_the_start_imports_nothing_heavy(run_folder: Path, arguments: list[str]) -> None:
    (run_folder / "metrics.csv").write_text("\n".join(HISTORY) + "\n", encoding="utf-8")
    code = (
        "import sys; from spectral_exp.cli.rank import main; code = main();"
        "heavy = {'torch', 'numpy', 'pandas', 'pyarrow', 'matplotlib'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else code)"
    )
    environment = {key: value for key, value in os.environ.items() if key not in ("FORCE_COLOR", "COLUMNS")}
    done = subprocess.run(
        [sys.executable, "-c", code, str(run_folder), *arguments],
        capture_output=True,
        check=True,
        encoding="utf-8",
        env=environment,
    )
    assert "\x1b" not in done.stdout
    assert done.stdout.startswith("inputs" if arguments else "rank")
