"""All seeds of one method: what runs in a process of its own."""

import logging
import traceback
from pathlib import Path

import torch
from omegaconf import DictConfig, OmegaConf

from spectral_exp.attribution.ranker import Ranker
from spectral_exp.build import build
from spectral_exp.comparison.cell import Cell, is_complete
from spectral_exp.comparison.net import Compose
from spectral_exp.comparison.settings import METHODS, ComparisonSettings
from spectral_exp.tracking.comparison_folder import COMPARISON, NET, cell_folder
from spectral_exp.tracking.console import quiet_lightning
from spectral_exp.tracking.run_folder import CONFIG, read_json
from spectral_exp.tracking.status import recorded_status

log = logging.getLogger(__name__)


def rank_all_seeds(folder: Path, method: str, compose: Compose) -> bool:
    """Rank and score with one method for every seed; a seed that fails does not stop the next.

    Args:
        folder: of the comparison.
        method: name of the method, or `NET`.
        compose: from overrides to the configuration of a training.

    Returns:
        Whether all seeds are done.
    """
    settings = ComparisonSettings(**read_json(folder / COMPARISON)["settings"])
    torch.set_num_threads(settings.n_threads)
    are_done = True
    for seed in settings.seeds:
        if is_complete(folder, method, seed, settings):
            continue
        try:
            with recorded_status(cell_folder(folder, method, seed), []), quiet_lightning():
                cell = Cell(folder, method, seed, settings, compose)
                if method == NET:
                    cell.train_net()
                else:
                    cell.rank(_ranker(folder, method))
                    cell.score()
        except Exception:  # whatever a library runs into; it is in the folder, and the log has the rest
            traceback.print_exc()
            are_done = False
    return are_done


def _ranker(folder: Path, method: str) -> Ranker:
    config = OmegaConf.load(folder / CONFIG)
    assert isinstance(config, DictConfig)
    ranker: Ranker = build(config[METHODS][method], f"{METHODS}.{method}")
    return ranker
