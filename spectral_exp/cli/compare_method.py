"""What `spectral-compare` starts for every method: `python -m spectral_exp.cli.compare_method FOLDER METHOD`."""

import sys
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig

from spectral_exp.cli.compose import compose_config
from spectral_exp.cli.config_path import register_user_configs
from spectral_exp.comparison.method import rank_all_seeds
from spectral_exp.tracking.comparison_folder import COMPARISON
from spectral_exp.tracking.run_folder import read_json


def main(folder: Path, method: str) -> int:
    """Rank and score with one method.

    Args:
        folder: of the comparison.
        method: its name.

    Returns:
        The exit code: 0, or 1 if a seed failed.
    """
    register_user_configs()
    shared = list(read_json(folder / COMPARISON)["training"])

    def compose(overrides: Sequence[str]) -> DictConfig:
        return compose_config([*shared, *overrides])

    return 0 if rank_all_seeds(folder, method, compose) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
