"""A comparison: every method with every seed, and what is known of it written down as it goes."""

import logging
import os
import time
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from spectral_exp.build import build
from spectral_exp.comparison.cell import is_complete
from spectral_exp.comparison.changes import settings_of_all
from spectral_exp.comparison.machine import describe_machine
from spectral_exp.comparison.method_process import run_method
from spectral_exp.comparison.settings import METHODS, ComparisonSettings, read_comparison_settings
from spectral_exp.counting import counted
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.errors import UserError
from spectral_exp.run_config import write_config
from spectral_exp.settings import read_settings
from spectral_exp.sweep.job_process import Interrupts
from spectral_exp.tracking.comparison_folder import COMPARISON, NET, cell_folder, machines_of, state_of
from spectral_exp.tracking.results import write_dataset
from spectral_exp.tracking.run_folder import read_json, write_json
from spectral_exp.training.training import load_data

log = logging.getLogger(__name__)


def compare(
    config: DictConfig,
    folder: Path,
    overrides: Sequence[str],
    shared: Sequence[str],
    program: Sequence[str],
    again: DictConfig | None = None,
) -> None:
    """Run what is not done yet of a comparison.

    Args:
        config: what `conf/compare.yaml` composes to.
        folder: of the comparison; what an earlier start left in it is kept.
        overrides: what was asked for on the command line, for the record.
        shared: those of them that all trainings share.
        program: what ranks with one method; the folder and the method are added.
        again: what the command that an earlier start left in the folder composes to today; None for a new folder.

    Raises:
        UserError: if the configuration or the data cannot work.
        KeyboardInterrupt: on Ctrl-C; the folder can be gone on with.
    """
    settings = read_comparison_settings(config)
    for method, node in config[METHODS].items():
        build(node, f"{METHODS}.{method}")  # a wrong value is refused before anything is computed
    everything = settings_of_all(config, again, folder)
    training = OmegaConf.masked_copy(config, [key for key in config if key not in (METHODS, *settings.model_dump())])
    training.seed = settings.seeds[0]  # that of the data may be one of a few, as a fold is
    info = load_data(training, read_settings(training)).info
    settings = settings.model_copy(update={"k": _possible(settings.k, info)})
    write_config(folder, everything)
    write_dataset(folder, info)
    methods = [str(method) for method in config[METHODS]]
    left = {
        method
        for method in (NET, *methods)
        if not all(is_complete(folder, method, seed, settings) for seed in settings.seeds)
    }
    machines, here = machines_of(read_json(folder / COMPARISON)), describe_machine()
    record = {
        "name": training.name,
        "overrides": list(overrides),
        "training": list(shared),
        "methods": {method: str(config[METHODS][method]["_target_"]) for method in methods},
        "settings": settings.model_dump(),
        "machines": machines if not left or here in machines else [*machines, here],
    }
    write_json(folder / COMPARISON, record)
    log.info(f"{counted(len(methods), 'method')}, seeds {settings.seeds}; everything goes to {os.path.relpath(folder)}")
    with Interrupts() as interrupts:
        for method in (NET, *methods):
            started = time.monotonic()
            if method in left:
                run_method(program, folder, method, settings, interrupts)
            log.info(f"{method:24} {_outcome(folder, method, settings)}, {time.monotonic() - started:.0f} s")


def _possible(k: Sequence[int], info: DatasetInfo) -> list[int]:
    possible = [one for one in k if one <= info.n_features]
    if not possible:
        raise UserError(f"k={list(k)}: {info.name} has {info.n_features} inputs; choose k up to that")
    if len(possible) < len(k):
        log.warning(f"k above {info.n_features}, the number of inputs of {info.name}, is left out")
    return possible


def _outcome(folder: Path, method: str, settings: ComparisonSettings) -> str:
    ends = [state_of(cell_folder(folder, method, seed)) for seed in settings.seeds]
    bad = [f"{state} ({error})" if error else state for state, error in ends if state != "done"]
    return bad[0] if bad else "done"
