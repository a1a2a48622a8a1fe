"""The strength at which a selection keeps a wanted number of inputs, by bisection over whole trainings."""

import csv
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from spectral_exp.counting import counted
from spectral_exp.dataset.data import Data
from spectral_exp.errors import UserError
from spectral_exp.run_config import differences, write_config
from spectral_exp.selection.nonzero import Nonzero
from spectral_exp.selection.selection import Selection
from spectral_exp.selection.threshold import Threshold
from spectral_exp.settings import Settings
from spectral_exp.tracking.results import write_strengths
from spectral_exp.tracking.run_folder import CONFIG, SEARCH, STRENGTHS
from spectral_exp.tracking.status import is_first_process
from spectral_exp.training.training import changed, prepare_training

log = logging.getLogger(__name__)

FACTOR = math.sqrt(10)  # from one strength to the next while the wanted number is not yet between two
SMALLEST_STEP = 1.001  # ratio of two strengths between which nothing is tried any more
FREE = {"logger", "outputs", "data_dir"}  # what counts do not depend on


@dataclass(frozen=True)
class Trial:
    """How many inputs the selection kept at one strength."""

    strength: float
    n_selected: int


def check_target(config: DictConfig, selection: Selection) -> None:
    """Refuse a search that cannot be, before any data are loaded.

    Args:
        config: what `conf/train.yaml` composes to.
        selection: the rule.

    Raises:
        UserError: if the rule or the regularization has no strength to search over.
    """
    if not isinstance(selection, (Threshold, Nonzero)):
        raise UserError("target.k needs a selection whose count follows the strength: selection=threshold or nonzero")
    if not config.regularization.get("strength"):
        raise UserError("target.k needs a regularization with a strength > 0 to begin with, such as l1")
    if "n_final" in config.regularization:
        raise UserError(
            f"target.k is not for regularization=path; say regularization.n_final={config.target.k} selection=nonzero"
        )


def find_strength(config: DictConfig, settings: Settings, folder: Path, data: Data, selection: Selection) -> float:
    """Find the strength at which the selection keeps at most `target.k` inputs, as close to k as it can.

    Each trial is a training of its own in `search/` of the run folder; `strengths.csv` lists what was tried, and a
    resumed search goes on behind it.

    Args:
        config: what `conf/train.yaml` composes to; the search begins with its strength.
        settings: its own values.
        folder: the run folder.
        data: the data set.
        selection: the rule, which has passed `check_target`.

    Returns:
        The strength.

    Raises:
        UserError: if k is not below the number of inputs, earlier trials were of another configuration, or no
            strength tried keeps between 1 and k inputs.
    """
    assert settings.target.k is not None
    k, max_runs = settings.target.k, settings.target.max_runs
    if k >= data.info.n_features:
        raise UserError(f"target.k must be below the number of inputs ({data.info.n_features}), got {k}")
    own = folder / SEARCH
    _check_same(own, changed(config, resume=None))
    earlier = _read(folder / STRENGTHS)
    tried: list[Trial] = []

    def count(strength: float) -> int:
        n_selected = next((trial.n_selected for trial in earlier if trial.strength == strength), None)
        if n_selected is None:
            wanted = counted(k, "input")
            log.info(f"Run {len(tried) + 1} of at most {max_runs} to keep {wanted}: strength {strength:.4g}")
            n_selected = _count_selected(config, settings, own / str(len(tried) + 1), data, selection, strength)
            log.info(f"strength {strength:.4g} keeps {counted(n_selected, 'input')}")
        tried.append(Trial(strength, n_selected))
        if len(tried) > len(earlier) and is_first_process():
            write_strengths(folder, [(trial.strength, trial.n_selected) for trial in tried])
        return n_selected

    bisect_strength(count, k, start=float(config.regularization.strength), max_runs=max_runs)
    best = max(
        (trial for trial in tried if 1 <= trial.n_selected <= k), key=lambda trial: trial.n_selected, default=None
    )
    if best is None:
        raise UserError(_cannot_be_met(tried, k, folder))
    if best.n_selected < k:
        above = min((trial.n_selected for trial in tried if trial.n_selected > k), default=None)
        jump = f", and {above} at the next strength below" if above is not None else ""
        log.warning(f"target.k={k} is not met: the nearest below is {counted(best.n_selected, 'input')}{jump}")
    return best.strength


def bisect_strength(count: Callable[[float], int], k: int, start: float, max_runs: int) -> None:
    """Try strengths until one keeps exactly k inputs: first in even steps, then the geometric mean of both sides.

    Two steps in a row that take the count away from k end the search: a rule that is relative to the largest
    relevance keeps more again where the penalty presses all inputs alike.

    Args:
        count: gives the number of inputs that are kept at a strength; hardly rises with it.
        k: the wanted number.
        start: the strength to begin with, > 0.
        max_runs: how many strengths are tried at most.

    Example:
        >>> tried = []
        >>> bisect_strength(lambda strength: tried.append(strength) or round(8 / strength), 2, start=1.0, max_runs=9)
        >>> [round(strength, 2) for strength in tried]
        [1.0, 3.16, 10.0, 5.62, 4.22]
    """
    too_many: float | None = None  # the largest strength known to keep more than k
    too_few: float | None = None  # the smallest known to keep fewer
    strength, nearest, n_in_vain = start, math.inf, 0
    for _ in range(max_runs):
        n_selected = count(strength)
        if n_selected == k:
            return
        if n_selected > k:
            too_many = strength
        else:
            too_few = strength
        if too_many is not None and too_few is not None:
            if too_few / too_many < SMALLEST_STEP:
                return
            strength = math.sqrt(too_many * too_few)
            continue
        n_in_vain = 0 if abs(n_selected - k) <= nearest else n_in_vain + 1
        nearest = min(nearest, abs(n_selected - k))
        if n_in_vain == 2:
            return
        strength = strength * FACTOR if too_few is None else strength / FACTOR


def _count_selected(
    config: DictConfig, settings: Settings, folder: Path, data: Data, selection: Selection, strength: float
) -> int:
    trial_config = changed(config, regularization__strength=strength, logger={}, resume=None)
    training = prepare_training(trial_config, settings, folder, data, selection)
    training.fit(training.find_checkpoint())
    n_selected = int(selection.select(training.module.spectral_input_layer, training.module.input_scale).sum())
    return training.trainer.strategy.broadcast(n_selected)


def _check_same(folder: Path, now: DictConfig) -> None:
    """Refuse trials of another configuration, whose counts would be mixed with new ones."""
    path = folder / CONFIG
    if not path.is_file():
        if is_first_process():
            write_config(folder, now)
        return
    before, today = (OmegaConf.to_container(one, resolve=True) for one in (OmegaConf.load(path), now))
    for place, value, _ in differences(before, today):
        if not FREE & {*place.split(".")}:
            found = OmegaConf.load(folder.parent / CONFIG).regularization.strength
            raise UserError(
                f"target.k: {folder} was searched with {place}={value}; to train on with its strength, add "
                f"target.k=null regularization.strength={found}, or start a new run"
            )


def _read(path: Path) -> list[Trial]:
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [Trial(float(row["strength"]), int(row["n_selected"])) for row in csv.DictReader(file)]


def _cannot_be_met(tried: list[Trial], k: int, folder: Path) -> str:
    counts = ", ".join(
        f"{trial.n_selected} at {trial.strength:.3g}" for trial in sorted(tried, key=lambda t: t.strength)
    )
    return (
        f"target.k={k} cannot be met: of {len(tried)} strengths none keeps between 1 and {k} inputs ({counts}; "
        f"{folder / STRENGTHS}); selection=threshold keeps fewer than nonzero where zeros are not exact, "
        "target.max_runs tries more"
    )
