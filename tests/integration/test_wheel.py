import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


def run(*command: object, cwd: Path, **environment: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SPECTRAL_EXP_"))}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=kept | environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel that is built from the sdist, as an index would serve it."""
    pytest.importorskip("build")
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, REPOSITORY, cwd=folder)
    assert len(list(folder.glob("*.tar.gz"))) == 1
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def scripts(wheel, tmp_path_factory):
    """The commands of a fresh environment that has the wheel, and borrows the libraries of this one."""
    environment = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", environment, cwd=environment)
    python = environment / "bin/python"
    run(python, "-m", "pip", "install", "--no-deps", "--no-index", wheel, cwd=environment)
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=environment).strip())
    # A plain path: the .pth files in it, such as that of an editable install, are not read.
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    found = run(python, "-c", "import spectral_exp; print(spectral_exp.__file__)", cwd=environment)
    assert found.startswith(str(environment))
    return environment / "bin"


def test_the_wheel_holds_every_config(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    configs = {path.relative_to(REPOSITORY).as_posix() for path in (REPOSITORY / "conf").rglob("*.yaml")}
    assert configs
    assert {f"spectral_exp/{config}" for config in configs} <= names
    assert {"spectral_exp/py.typed", "hydra_plugins/spectral_exp/process_launcher.py"} <= names
    assert {f"spectral_exp/report/page/template/page.{suffix}" for suffix in ("html", "css", "js")} <= names
    assert not [name for name in names if name.startswith(("tests/", "conf/", "outputs/"))]


def test_the_installed_command_trains_in_another_folder(scripts, tmp_path):
    run(scripts / "spectral-train", "experiment=quickstart", "debug=fast", cwd=tmp_path)
    (folder,) = (tmp_path / "outputs/runs/quickstart").iterdir()
    assert json.loads((folder / "status.json").read_text())["state"] == "done"
    ranking = (folder / "ranking.csv").read_text().splitlines()
    assert len(ranking) == 1 + 64
    for name in ("config.yaml", "metrics.csv", "metrics.json", "mask.npy", "trace.arrows", "checkpoints"):
        assert (folder / name).exists(), name
    shown = run(scripts / "spectral-rank", folder, "--top", "3", "--format", "csv", cwd=tmp_path)
    assert len(shown.strip().splitlines()) == 1 + 3
    assert "inputs" in run(scripts / "spectral-report", folder, cwd=tmp_path)
    assert (folder / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_installed_command_sweeps(scripts, tmp_path):
    shown = run(
        *(scripts / "spectral-train", "-m", "experiment=quickstart", "debug=one_step"),
        *("hydra.sweep.dir=sweep", "seed=0,1"),
        cwd=tmp_path,
    )
    assert "sweep/sweep.csv" in shown
    for job in ("0", "1"):
        assert json.loads((tmp_path / "sweep" / job / "status.json").read_text())["state"] == "done"


def test_the_installed_command_helps_and_refuses_typos(scripts, tmp_path):
    assert "experiment=quickstart" in run(scripts / "spectral-train", "--help", cwd=tmp_path)
    done = subprocess.run([scripts / "spectral-train", "datset=mnist"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert "did you mean dataset?" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
