"""Every recipe runs for one step."""

from pathlib import Path

import pytest

from spectral_exp.cli.compose import compose_config
from spectral_exp.cli.config_path import config_dir

ROOT = Path(config_dir()) / "experiment"
EXPERIMENTS = sorted(str(path.relative_to(ROOT).with_suffix("")) for path in ROOT.rglob("*.yaml"))


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_it_runs_for_one_step(run_here, stored_mnist, stored_cifar10, stored_science, experiment):
    overrides = [f"experiment={experiment}", "debug=one_step", f"data_dir={stored_science}"]
    if compose_config(overrides).refit.epochs:
        overrides.append("refit.epochs=1")
    folder = run_here(*overrides)
    assert (folder / "ranking.csv").is_file()
