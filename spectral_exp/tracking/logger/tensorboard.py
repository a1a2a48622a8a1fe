"""TensorBoard: event files in the run folder, shown by `tensorboard --logdir outputs`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped
from pytorch_lightning.loggers import TensorBoardLogger
from pytorch_lightning.utilities import rank_zero_only

from spectral_exp.tracking.rich_logger import as_pixels


class SpectralTensorBoardLogger(TensorBoardLogger):
    """Log to `<save_dir>/tensorboard`; a `RichLogger`.

    A resumed run goes on in the same folder.

    Args:
        save_dir: the run folder.
    """

    def __init__(self, save_dir: str | Path):
        super().__init__(
            save_dir=save_dir,
            name="tensorboard",
            version="",
            default_hp_metric=False,
            flush_secs=10,  # what a kill loses and a watcher waits for; 120 by default
        )

    @property
    def location(self) -> str | None:
        return self.root_dir if self._experiment is not None else None

    @rank_zero_only
    def log_histogram(self, name: str, values: Shaped[np.ndarray, " n"], step: int) -> None:
        finite = values[np.isfinite(values)]
        if finite.size:  # the summary writer refuses an empty histogram
            self.experiment.add_histogram(name, finite, step)

    @rank_zero_only
    def log_image(self, name: str, image: Shaped[np.ndarray, "height width ..."], step: int) -> None:
        self.experiment.add_image(name, as_pixels(image), step, dataformats="HW" if image.ndim == 2 else "HWC")

    @rank_zero_only
    def log_table(self, name: str, columns: list[str], rows: list[list[Any]], step: int) -> None:
        self.experiment.add_text(name, _markdown_table(columns, rows), step)

    @rank_zero_only
    def log_summary(self, metrics: Mapping[str, float], step: int) -> None:
        """Write what the tab HPARAMS shows: the configuration, flat, beside the final metrics.

        Args:
            metrics: the final metrics, by name.
            step: optimizer steps taken.
        """
        self.log_hyperparams(self.hparams, {**metrics}, step)

    def resume_after(self, step: int) -> None:
        self._kwargs["purge_step"] = step + 1  # for the summary writer, which is made on first use

    @rank_zero_only
    def finalize(self, status: str) -> None:
        if self._experiment is not None:
            self._experiment.flush()  # closed by `finish`: what is logged later would go to a file of its own

    @rank_zero_only
    def finish(self, failed: bool = False) -> None:
        if self._experiment is not None:
            self._experiment.close()


def _markdown_table(columns: list[str], rows: list[list[Any]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(_cell(value) for value in line) + " |" for line in lines)


def _cell(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return f"{value:.4g}"
    return str(value).replace("|", "\\|")
