"""Every recipe runs for one step."""

from pathlib import Path

import pytest

from spectral_exp.cli.config_path import config_dir
from spectral_exp.errors import UserError

ROOT = Path(config_dir()) / "experiment"
EXPERIMENTS = sorted(str(path.relative_to(ROOT).with_suffix("")) for path in ROOT.rglob("*.yaml"))


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_it_runs_for_one_step(run_here, experiment):
    try:
        folder = run_here(f"experiment={experiment}", "debug=one_step")
    except UserError as error:
        if "spectral-data fetch" in str(error):
            pytest.skip(str(error))
        raise
    assert (folder / "ranking.csv").is_file()
