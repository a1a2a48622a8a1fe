"""Every recipe runs for one step."""

from pathlib import Path

import pytest

from spectral_exp.cli.config_path import config_dir

ROOT = Path(config_dir()) / "experiment"
EXPERIMENTS = sorted(str(path.relative_to(ROOT).with_suffix("")) for path in ROOT.rglob("*.yaml"))


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_it_runs_for_one_step(run_here, stored_mnist, stored_science, experiment):
    folder = run_here(f"experiment={experiment}", "debug=one_step", f"data_dir={stored_mnist}")
    assert (folder / "ranking.csv").is_file()
