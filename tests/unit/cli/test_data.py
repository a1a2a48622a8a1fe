import subprocess
import sys
from pathlib import Path

import pytest

from spectral_exp.cli.config_path import config_dir
from spectral_exp.cli.data import describe, main
from spectral_exp.dataset import fetch as fetching
from spectral_exp.dataset.registry import Entry


@pytest.fixture
def empty_set(monkeypatch):
    """A set of no files: there as soon as it is asked for."""
    monkeypatch.setitem(fetching.REGISTRY, "toy", Entry({}, ()))


def test_list_shows_every_data_set_and_what_is_fetched(tmp_path, capsys, monkeypatch):
    for file in fetching.REGISTRY["mnist"].files:
        (tmp_path / "mnist").mkdir(exist_ok=True)
        (tmp_path / "mnist" / file).touch()
    assert main(["list", "--data-dir", str(tmp_path)]) == 0
    rows = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line.strip()}
    assert {path.stem for path in Path(config_dir(), "dataset").glob("*.yaml")} <= set(rows)
    assert rows["mnist"].rstrip().endswith(" fetched")
    assert rows["fashion_mnist"].rstrip().endswith("not fetched")
    assert str(tmp_path) in rows["Fetched"]
    assert "7000+1000+2000" in rows["fashion_mnist_protocol_k"]  # nothing is cut where there is no terminal


@pytest.mark.parametrize("config", sorted(Path(config_dir(), "dataset").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_config_describes_its_data_set_in_four_fields(config):
    assert len(describe(config)) == 4
    assert all(describe(config))


def test_fetch_says_where_the_data_is(empty_set, tmp_path, capsys):
    assert main(["fetch", "toy", "--data-dir", str(tmp_path)]) == 0
    assert f"toy is already in {tmp_path / 'toy'}" in capsys.readouterr().out


def test_wrong_input_is_one_line_on_stderr_and_exit_status_2(tmp_path, capsys):
    assert main(["fetch", "fashion_mnits", "--data-dir", str(tmp_path)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert "did you mean fashion_mnist?" in shown.err


def test_the_data_folder_comes_from_the_environment(empty_set, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SPECTRAL_EXP_DATA", str(tmp_path))
    assert main(["fetch", "toy"]) == 0
    assert str(tmp_path) in capsys.readouterr().out


def test_a_full_disk_is_exit_status_1_and_ctrl_c_130(capsys, monkeypatch):
    for error, status in ((OSError("No space left on device"), 1), (KeyboardInterrupt(), 130)):

        def fail(*arguments, error=error):
            raise error

        monkeypatch.setattr(fetching, "fetch", fail)
        assert main(["fetch", "mnist"]) == status
        assert capsys.readouterr().err.count("\n") == 1


def test_help_imports_nothing_heavy():
    script = (
        "import sys\nfrom spectral_exp.cli.data import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print([name for name in ('torch', 'sklearn', 'rich', 'hydra', 'pandas') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "spectral-data fetch mnist" in shown.stdout
    assert shown.stdout.strip().endswith("[]")
