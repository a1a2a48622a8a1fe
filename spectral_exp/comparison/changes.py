"""What may differ when a comparison goes on: all that its results do not depend on."""

import os
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from spectral_exp.comparison.settings import METHODS
from spectral_exp.errors import UserError
from spectral_exp.run_config import differences
from spectral_exp.tracking.run_folder import CONFIG

FREE = ("k", "seeds", "fractions", "time_limit")  # what is computed already does not depend on them
PLACES = ("data_dir", "outputs")  # nor on where things lie


def settings_of_all(config: DictConfig, again: DictConfig | None, folder: Path) -> dict[str, Any]:
    """Give the settings now, with those of the methods that a folder has results of and that are not asked for now.

    A key that is younger than the folder counts as what it is today by the folder's own command; one that is gone does
    not count.

    Args:
        config: what `conf/compare.yaml` composes to now.
        again: what it composes to today by the command that the folder was last gone on with; None for a new folder.
        folder: of the comparison.

    Returns:
        What `config.yaml` of the folder is to hold.

    Raises:
        UserError: if a setting differs that results depend on.
    """
    now = _plain(config)
    if again is None:
        return now
    stated, today = _plain(OmegaConf.load(folder / CONFIG)), _plain(again)
    today[METHODS] = {method: today[METHODS].get(method, node) for method, node in now[METHODS].items()}
    for place, then, value in differences(_completed(stated, today), now):
        if place not in FREE and place.rpartition(".")[2] not in PLACES:
            raise UserError(
                f"{place}={value}: {os.path.relpath(folder)} holds results with {place}={then}; start a new "
                f"comparison, or leave it as it was (what can change is {', '.join((METHODS, *FREE))})"
            )
    return {**now, METHODS: stated[METHODS] | now[METHODS]}


def _plain(config: Any) -> dict[str, Any]:
    found = OmegaConf.to_container(config, resolve=True)
    assert isinstance(found, dict)
    return {str(key): value for key, value in found.items()}


def _completed(stated: Any, today: Any) -> Any:
    if not (isinstance(stated, dict) and isinstance(today, dict)):
        return stated
    return {key: _completed(stated[key], value) if key in stated else value for key, value in today.items()}
