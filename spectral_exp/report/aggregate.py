"""Runs that differ in seed or fold alone, put together: mean, spread, interval, stability."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite, nan, sqrt
from statistics import mean, stdev
from typing import TYPE_CHECKING

import numpy as np

from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.functional.stability import Stability, nogueira_stability
from spectral_exp.report.collect import FOLD, CollectedRun, DatasetKey
from spectral_exp.report.score import Score, score_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Estimate:
    """A mean over runs, and how well it is known.

    Attributes:
        n: how many values it is of.
        mean: their mean; NaN of no value.
        sd: their standard deviation (n - 1); NaN of fewer than two.
        low: lower end of Student's interval for the mean; NaN of fewer than two.
        high: upper end.
    """

    n: int
    mean: float
    sd: float
    low: float
    high: float

    @property
    def standard_error(self) -> float:
        """Of the mean; NaN of fewer than two values."""
        return self.sd / sqrt(self.n) if self.n else nan


def estimate(values: Iterable[float], confidence: float = 0.95) -> Estimate:
    """Estimate a mean.

    Args:
        values: one per run; those that are not finite are left out.
        confidence: the probability that the interval is to hold.

    Returns:
        Mean, standard deviation and interval.

    Example:
        >>> estimate([1.0, 2.0, 3.0]).mean
        2.0
    """
    from scipy.special import stdtrit  # Student's quantile; scipy.stats takes a second to import

    known = [value for value in values if isfinite(value)]
    if len(known) < 2:
        return Estimate(len(known), known[0] if known else nan, nan, nan, nan)
    middle, sd = mean(known), stdev(known)
    reach = float(stdtrit(len(known) - 1, (1 + confidence) / 2)) * sd / sqrt(len(known))
    return Estimate(len(known), middle, sd, middle - reach, middle + reach)


@dataclass(frozen=True)
class Configuration:
    """Runs on one data set that were asked for the same but for seed and fold.

    Attributes:
        settings: what was asked for, without seed, fold and places.
        runs: the finished runs, at least one.
        score: what they are compared by.
    """

    settings: dict[str, str]
    runs: list[CollectedRun]
    score: Score

    @cached_property
    def whole_net(self) -> Estimate:
        """The test score of the net as it was trained."""
        return self._estimate(self.score.whole_net)

    @cached_property
    def with_selected(self) -> Estimate:
        """The test score with the selected inputs alone: after the refit, or with the others set to 0."""
        return self._estimate(self.score.with_selected)

    @cached_property
    def validation(self) -> Estimate:
        """The validation score of the net as it was trained."""
        return self._estimate(self.score.validation)

    @cached_property
    def n_selected(self) -> Estimate:
        """How many inputs are selected."""
        return self._estimate("n_selected")

    @cached_property
    def seconds(self) -> Estimate:
        """Seconds of a run."""
        return self._estimate("seconds")

    @cached_property
    def masks(self) -> np.ndarray:
        """Which inputs each run selected, shape (n_runs, n_features)."""
        return np.stack([run.inputs.is_selected for run in self.runs if run.inputs])

    @cached_property
    def stability(self) -> Stability:
        """How far the runs select the same inputs."""
        return nogueira_stability(self.masks)

    @property
    def repeated_over(self) -> str:
        """What tells the runs apart, in words."""
        seeds, folds = ({run.row.get("seed") for run in self.runs}, {run.settings.get(FOLD) for run in self.runs})
        return " and ".join(word for word, found in (("seeds", seeds), ("folds", folds)) if len(found) > 1) or "seeds"

    @property
    def is_net_of_selected(self) -> bool:
        """Whether the nets of all runs read nothing but their selected inputs."""
        return all(run.inputs.is_net_of_selected for run in self.runs if run.inputs)

    def _estimate(self, column: str) -> Estimate:
        return estimate(run.number(column) for run in self.runs)


@dataclass(frozen=True)
class Problem:
    """All finished runs on the same inputs and target.

    Attributes:
        info: the data set.
        score: what the runs are compared by.
        configurations: the runs, those that differ in seed or fold alone together.
    """

    info: DatasetInfo
    score: Score
    configurations: list[Configuration]

    @property
    def runs(self) -> list[CollectedRun]:
        """All finished runs."""
        return [run for configuration in self.configurations for run in configuration.runs]

    @cached_property
    def varied(self) -> list[str]:
        """The settings in which the configurations differ."""
        keys = dict.fromkeys(key for one in self.configurations for key in one.settings)
        return [key for key in keys if len({one.settings.get(key) for one in self.configurations}) > 1]

    def label(self, configuration: Configuration) -> str:
        """Name a configuration by what sets it apart.

        Args:
            configuration: one of this problem's.

        Returns:
            Such as "regularization.strength=1e-2, size=tiny"; empty if there is but one configuration.
        """
        return ", ".join(f"{key}={configuration.settings[key]}" for key in self.varied if key in configuration.settings)


def problems(runs: Sequence[CollectedRun]) -> list[Problem]:
    """Sort finished runs by data set, and then by what was asked for.

    Of runs that were asked for the same with the same seed and fold, the last one stands for all: a repetition has the
    same result and would narrow every interval.

    Args:
        runs: runs in any state; only finished ones are taken.

    Returns:
        The problem with the most runs first.
    """
    by_data: dict[DatasetKey, list[CollectedRun]] = {}
    for run in runs:
        if run.data:
            by_data.setdefault(run.data, []).append(run)
    found = []
    for group in by_data.values():
        score = score_of(group)
        by_settings: dict[tuple[tuple[str, str], ...], dict[object, CollectedRun]] = {}
        for run in group:
            by_settings.setdefault(run.configuration, {})[run.repetition] = run
        configurations = [
            Configuration(dict(settings), list(by_seed.values()), score) for settings, by_seed in by_settings.items()
        ]
        assert group[0].inputs is not None
        found.append(Problem(group[0].inputs.info, score, configurations))
    return sorted(found, key=lambda problem: -len(problem.runs))


def configurations_table(found: Sequence[Problem]) -> pd.DataFrame:
    """Lay all configurations out as a table.

    Args:
        found: the problems.

    Returns:
        One row per configuration: data set, settings, number of runs, mean, sd and interval of each score, stability.
    """
    import pandas as pd

    rows = []
    for problem in found:
        for one in problem.configurations:
            row: dict[str, object] = {"dataset": problem.info.name, **one.settings, "n_runs": len(one.runs)}
            for column, value in (
                (problem.score.whole_net, one.whole_net),
                (problem.score.with_selected, one.with_selected),
                (problem.score.validation, one.validation),
                ("n_selected", one.n_selected),
                ("seconds", one.seconds),
            ):
                row |= {
                    f"{column}_mean": value.mean,
                    f"{column}_sd": value.sd,
                    f"{column}_low": value.low,
                    f"{column}_high": value.high,
                }
            row |= {f"stability{end}": at for end, at in zip(("", "_low", "_high"), one.stability, strict=True)}
            rows.append(row)
    return pd.DataFrame(rows)
