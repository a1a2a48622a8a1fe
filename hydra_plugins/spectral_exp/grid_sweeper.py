"""Sweeps whose jobs are known from the start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hydra.core.override_parser.types import Override
from hydra.core.utils import JobReturn
from omegaconf import DictConfig

from hydra_plugins.spectral_exp._sweeper import JobSweeper


class GridSweeper(JobSweeper):
    """Runs every combination of values, or values side by side.

    Args:
        params: values to sweep over by key, as on the command line, which replaces them: `{seed: "0,1,2"}`.
        combined: keys of which every combination is run, the others being paired; None: all keys.
    """

    def __init__(self, params: DictConfig, combined: Sequence[str] | None) -> None:
        super().__init__(params)
        self._combined = combined

    def run(self, overrides: Mapping[str, Override]) -> Sequence[JobReturn]:
        from spectral_exp.sweep.combinations import combinations

        values = {key: [f"{key}={text}" for text in _texts(override)] for key, override in overrides.items()}
        jobs = list(combinations(values, self._combined))
        self.make_folder()
        return self._launcher.launch(jobs, initial_job_idx=0)


def _texts(override: Override) -> list[str]:
    from spectral_exp.errors import UserError

    if not override.is_sweep_override():
        return [override.get_value_element_as_str()]
    if not override.is_discrete_sweep():
        raise UserError(f"{override.input_line}: an interval is for a search; name values, or use range()")
    return list(override.sweep_string_iterator())
