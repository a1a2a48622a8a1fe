"""A search by Optuna: which values the next jobs of a sweep try, learnt from those that are done."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from hydra.core.override_parser.types import IntervalSweep, Override

from spectral_exp.errors import UserError

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial

STUDY = "study.db"


class Search:
    """The trials of a sweep, kept in a database in its folder; trial and job have the same number.

    A trial whose job did not finish stays open, and is done when the sweep goes on.

    Args:
        folder: the folder of the sweep.
        overrides: what every trial is asked for, by key; those that sweep are searched over: of a list one
            value is taken; intervals are `interval(...)`, `int(interval(...))` or `tag(log, interval(...))`.
        objectives: `maximize` or `minimize`, by metric of a finished run; with several, trade-offs are sought.
        seed: of the choices.

    Raises:
        UserError: if Optuna is not installed, or the objectives are not as the study in the folder has them.
    """

    def __init__(
        self, folder: Path, overrides: Mapping[str, Override], objectives: Mapping[str, str], seed: int
    ) -> None:
        try:
            import optuna
        except ImportError as error:
            raise UserError("a search needs Optuna: pip install 'spectral_exp[optuna]'") from error
        for metric, direction in objectives.items():
            if direction not in ("maximize", "minimize"):
                raise UserError(f"hydra.sweeper.objectives: {metric} must be maximize or minimize, got {direction}")
        directions: list[Any] = list(objectives.values())
        self._objectives = objectives
        self._fixed = {key: one.get_value_element_as_str() for key, one in overrides.items() if not _is_swept(one)}
        self._searched = {key: _distribution(one) for key, one in overrides.items() if _is_swept(one)}
        if not self._searched:
            raise UserError("there is nothing to search over: give several values, or an interval")
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._study = optuna.create_study(
            storage=f"sqlite:///{folder / STUDY}",
            study_name=folder.name,
            directions=directions,
            load_if_exists=True,
        )
        known = [direction.name.lower() for direction in self._study.directions]
        if known != directions:
            raise UserError(f"hydra.sweeper.objectives: the study in {folder} has {known}; name another folder")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the liar is new
            # The liar keeps jobs that run side by side apart; the seed moves on, or each start would begin alike.
            self._study.sampler = optuna.samplers.TPESampler(seed=seed + self.n_trials, constant_liar=True)

    @property
    def n_trials(self) -> int:
        """How many trials there are, open ones included."""
        return len(self._study.trials)

    def ask(self, n: int) -> None:
        """Open new trials.

        Args:
            n: how many.
        """
        for _ in range(n):
            self._study.ask(self._searched)

    def jobs(self, first: int = 0) -> list[tuple[str, ...]]:
        """Say what the trials are asked for.

        Args:
            first: number of the first trial wanted.

        Returns:
            The overrides of each trial, by its number.
        """
        return [self._overrides(trial) for trial in self._study.trials[first:]]

    def tell(self, number: int, metrics: Mapping[str, Any]) -> None:
        """Close a trial, if it is open.

        Args:
            number: of the trial.
            metrics: the final metrics of its job; none if it was pruned.

        Raises:
            UserError: if an objective is not among them.
        """
        import optuna

        if self._study.trials[number].state.is_finished():
            return
        if not metrics:
            self._study.tell(number, state=optuna.trial.TrialState.PRUNED)
            return
        for name in self._objectives:
            if name not in metrics:
                raise UserError(f"hydra.sweeper.objectives: runs have no {name}; they have {', '.join(metrics)}")
        self._study.tell(number, [float(metrics[name]) for name in self._objectives])

    def front(self) -> list[tuple[int, dict[str, float]]]:
        """Find the trials that no other is better than in every objective.

        Returns:
            Number and objectives of each, by the first objective.
        """
        found = [
            (trial.number, dict(zip(self._objectives, trial.values, strict=True))) for trial in self._study.best_trials
        ]
        return sorted(found, key=lambda one: list(one[1].values()))

    def _overrides(self, trial: FrozenTrial) -> tuple[str, ...]:
        return tuple(f"{key}={value}" for key, value in {**self._fixed, **trial.params}.items())


def _is_swept(override: Override) -> bool:
    return bool(override.is_sweep_override())


def _distribution(override: Override) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    value = override.value()
    if not isinstance(value, IntervalSweep):
        return CategoricalDistribution(list(override.sweep_string_iterator()))
    low, high = cast("tuple[float, float]", (value.start, value.end))
    is_log = "log" in value.tags
    if isinstance(low, int) and isinstance(high, int):
        return IntDistribution(low, high, log=is_log)
    return FloatDistribution(low, high, log=is_log)
