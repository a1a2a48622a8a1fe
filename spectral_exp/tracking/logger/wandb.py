"""Weights & Biases: online with a key, offline without, and never in the way of a run."""

import logging
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from jaxtyping import Shaped
from pytorch_lightning.loggers.logger import DummyExperiment  # type: ignore[attr-defined]

from spectral_exp.tracking.logger.guarded import GuardedLogger, never_fails, one_line
from spectral_exp.tracking.rich_logger import as_pixels

log = logging.getLogger(__name__)

STEP = "trainer/global_step"  # the horizontal axis, named as Lightning's own logger names it
INIT_TIMEOUT = 20.0  # seconds; W&B's own 90 would be felt in every run of a sweep
FINISH_TIMEOUT = 60.0  # seconds; by default W&B waits for a lost network for ever. The files stay on disk.


class SpectralWandbLogger(GuardedLogger):
    """Log to W&B; a `RichLogger`.

    Not a `WandbLogger` of Lightning: that one joins whichever run is open in the process, which merges the
    jobs of a sweep, and lets every exception of W&B end the training. Every logger here has a run of its own.

    A resumed run becomes a second W&B run of the same name and group, as W&B cannot go on with an offline run.

    Args:
        save_dir: the run folder; W&B's files go to `<save_dir>/wandb`.
        name: what the run is called; nothing: as its group.
        group: shared by the runs of one sweep; of a path the last part is taken.
        job_type: what kind of run it is.
        project: the W&B project.
        offline: True or False; None: as WANDB_MODE or W&B's settings say, and offline if there is no key.
        tags: labels.
    """

    dashboard = "W&B"

    def __init__(
        self,
        save_dir: str | Path,
        name: str | None = None,
        group: str | None = None,
        job_type: str = "train",
        project: str = "spectral_exp",
        offline: bool | None = None,
        tags: Sequence[str] = (),
    ):
        super().__init__()
        group = Path(group).name if group else None
        self._save_dir = Path(save_dir)
        self._offline = offline
        self._about_run: dict[str, Any] = {
            "project": project,
            "group": group,
            "job_type": job_type,
            "name": name or group,
            "tags": list(tags),
        }
        self._run: Any = None

    @property
    def name(self) -> str | None:
        return cast("str | None", self._about_run["name"])

    @property
    def version(self) -> str | None:
        return None if self._run is None else self._run.id

    @property
    def save_dir(self) -> str:
        return str(self._save_dir)

    @property
    def location(self) -> str | None:
        if self._run is None:
            return None
        return str(Path(self._run.dir).parent) if self._run.offline else self._run.url

    @property
    def experiment(self) -> Any:
        """The W&B run, for whatever else is to be logged; something that ignores any call if there is none."""
        self._try_to_open()
        return DummyExperiment() if self._run is None or self.is_closed else self._run

    @never_fails
    def log_hyperparams(self, params: dict[str, Any] | Namespace, *args: Any, **kwargs: Any) -> None:
        values = vars(params) if isinstance(params, Namespace) else params
        self._open().config.update(values, allow_val_change=True)

    @never_fails
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        self._log(metrics, step)

    @never_fails
    def log_histogram(self, name: str, values: Shaped[np.ndarray, " n"], step: int) -> None:
        import wandb

        self._log({name: wandb.Histogram(values[np.isfinite(values)])}, step)

    @never_fails
    def log_image(self, name: str, image: Shaped[np.ndarray, "height width ..."], step: int) -> None:
        import wandb

        self._log({name: wandb.Image(as_pixels(image))}, step)

    @never_fails
    def log_table(self, name: str, columns: list[str], rows: list[list[Any]], step: int) -> None:
        import wandb

        self._log({name: wandb.Table(columns=[*columns], data=[*rows], allow_mixed_types=True)}, step)

    @never_fails
    def log_summary(self, metrics: Mapping[str, float], step: int) -> None:
        self._open().summary.update({**metrics})

    @never_fails
    def finish(self, failed: bool = False) -> None:
        self.is_closed = True
        if self._run is not None:
            self._run.finish(exit_code=int(failed))

    def _log(self, content: Mapping[str, Any], step: int | None) -> None:
        self._open().log({**content} if step is None else {**content, STEP: step})

    @never_fails
    def _try_to_open(self) -> None:
        self._open()

    def _open(self) -> Any:
        if self._run is not None:
            return self._run
        import wandb

        wandb.setup(settings=wandb.Settings(silent=True))  # the run says itself where its record is
        mode = "online"
        try:
            mode = self._mode()
            self._run = self._init(mode)
        except Exception as error:
            if mode in ("offline", "disabled"):
                raise
            log.warning("W&B cannot be reached, so this run is recorded offline: %s", one_line(error))
            self._run = self._init("offline")
        self._run.define_metric(STEP)
        self._run.define_metric("*", step_metric=STEP, step_sync=True)
        return self._run

    def _mode(self) -> str:
        import wandb

        if self._offline is not None:
            return "offline" if self._offline else "online"
        mode = str(wandb.setup().settings.mode)
        has_key = mode != "online" or wandb.login(prompt=False, verify=False)
        return mode if has_key else "offline"

    def _init(self, mode: str) -> Any:
        import wandb

        return wandb.init(
            dir=self._save_dir,
            mode=mode,  # type: ignore[arg-type]
            reinit="create_new",  # never join a run that is open in this process
            settings=wandb.Settings(
                silent=True, console="off", init_timeout=INIT_TIMEOUT, finish_timeout=FINISH_TIMEOUT
            ),
            **self._about_run,
        )
