"""Scripts whose numbers the docs print: all can start, and some run on a small data set."""

import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
SMALL = ("--override", "dataset=digits", "trainer.max_epochs=1")


@pytest.mark.parametrize("script", sorted(path.name for path in SCRIPTS.glob("*.py")))
def test_what_it_imports_is_there(script, monkeypatch):
    monkeypatch.syspath_prepend(SCRIPTS)
    runpy.run_path(str(SCRIPTS / script), run_name="not main")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "arguments", "methods"),
    [
        ("bench_attribution_cost.py", ["--repeat", "2"], ["saliency", "lrp"]),
        ("sanity_checks.py", [], ["saliency", "f_test"]),
    ],
)
def test_it_tells_of_every_method(script, arguments, methods, tmp_path):
    found = tmp_path / "found.json"
    command = [sys.executable, SCRIPTS / script, *arguments, "--methods", *methods, *SMALL, "--json", found]
    subprocess.run(command, check=True, capture_output=True)
    rows = json.loads(found.read_text())
    names = [row["method"] for row in rows["rows"][1:]] if "rows" in rows else list(rows)
    assert names == methods
