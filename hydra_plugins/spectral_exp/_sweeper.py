"""What sweepers share: the overrides of a sweep, its folder, and its end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from hydra_plugins.spectral_exp._slurm_launcher import CheckedSlurmLauncher


class JobSweeper(Sweeper, ABC):
    """Chooses the jobs of a sweep, and has them launched.

    Args:
        params: values to sweep over by key, as on the command line, which replaces them: `{seed: "0,1,2"}`.
    """

    def __init__(self, params: DictConfig) -> None:
        self._params = params

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self._context = hydra_context
        self._config = config
        self._launcher = _make_launcher(hydra_context, task_function, config)

    def sweep(self, arguments: list[str]) -> Sequence[JobReturn]:
        from spectral_exp.errors import UnfinishedSweepError

        parser = OverridesParser.create(config_loader=self._context.config_loader)
        texts = [*(f"{key}={value}" for key, value in self._params.items()), *arguments]
        results = self.run({override.get_key_element(): override for override in parser.parse_overrides(texts)})
        n_unfinished = sum(result.status != JobStatus.COMPLETED for result in results)
        if n_unfinished:
            raise UnfinishedSweepError(f"{n_unfinished} of {len(results)} jobs did not finish")
        return results

    @abstractmethod
    def run(self, overrides: Mapping[str, Override]) -> Sequence[JobReturn]:
        """Have all jobs launched.

        Args:
            overrides: what the sweep is asked for, by key.

        Returns:
            What became of the jobs.
        """

    def make_folder(self) -> Path:
        """Make the folder of the sweep, with its configuration in it.

        Returns:
            The folder, an absolute path.
        """
        folder = Path(self._config.hydra.sweep.dir).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        OmegaConf.save(self._config, folder / "multirun.yaml")
        return folder


def _make_launcher(context: HydraContext, task_function: TaskFunction, config: DictConfig) -> Launcher:
    launcher = Plugins.instance().instantiate_launcher(
        hydra_context=context, task_function=task_function, config=config
    )
    if config.hydra.launcher._target_.endswith("submitit_launcher.SlurmLauncher"):
        launcher = CheckedSlurmLauncher(launcher)
        launcher.setup(hydra_context=context, task_function=task_function, config=config)
    return launcher
