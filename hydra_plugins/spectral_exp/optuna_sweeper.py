"""Sweeps that search."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from hydra.core.override_parser.types import Override
from hydra.core.utils import JobReturn, JobStatus
from omegaconf import DictConfig

from hydra_plugins.spectral_exp._launcher import JobLauncher
from hydra_plugins.spectral_exp._sweeper import JobSweeper

log = logging.getLogger(__name__)


class OptunaSweeper(JobSweeper):
    """Searches by Optuna, in batches of as many jobs as run at a time.

    Args:
        params: what to search over by key, as on the command line, which replaces it.
        objectives: `maximize`, `minimize` or null (no objective), by metric of a finished run.
        n_trials: how many trials in total, those of earlier starts included.
        seed: of the choices.
    """

    def __init__(self, params: DictConfig, objectives: DictConfig, n_trials: int, seed: int) -> None:
        super().__init__(params)
        self._objectives = {str(metric): str(direction) for metric, direction in objectives.items() if direction}
        self._n_trials = n_trials
        self._seed = seed

    def run(self, overrides: Mapping[str, Override]) -> Sequence[JobReturn]:
        from spectral_exp.sweep.checks import check_count
        from spectral_exp.sweep.search import Search

        check_count("hydra.sweeper.n_trials", self._n_trials)
        search = Search(self.make_folder(), overrides, self._objectives, self._seed)
        n_trials = max(self._n_trials, search.n_trials)
        n_at_a_time = 1
        if isinstance(self._launcher, JobLauncher):
            n_at_a_time, self._launcher.n_expected = self._launcher.n_jobs, n_trials
        results: list[JobReturn] = []
        while len(results) < n_trials:
            n_open = search.n_trials - len(results)  # of an earlier start; the finished ones are not run again
            if not n_open:
                search.ask(min(n_at_a_time, self._n_trials - len(results)))
            batch = self._launcher.launch(search.jobs(len(results)), initial_job_idx=len(results))
            for number, result in enumerate(batch, start=len(results)):
                if result.status == JobStatus.COMPLETED:
                    search.tell(number, result.return_value)
            results += batch
        for number, values in search.front():
            log.info(f"job {number} is best at " + ", ".join(f"{name} {value:.4g}" for name, value in values.items()))
        return results
