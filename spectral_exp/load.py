"""Read a run folder back, without running anything that is in it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from omegaconf import DictConfig
from torch import nn

from spectral_exp.build import build_model
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.errors import UserError
from spectral_exp.run_config import read_config
from spectral_exp.tracking.checkpoint import read_checkpoint
from spectral_exp.tracking.run_folder import (
    BEST_CHECKPOINT,
    CHECKPOINTS,
    CONFIG,
    DATASET,
    LAST_CHECKPOINT,
    MASK,
    METRICS,
    RANKING,
    REFIT,
    TRACE,
    read_json,
    read_part,
)
from spectral_exp.tracking.trace import Trace, read_trace


@dataclass(frozen=True)
class Run:
    """What a finished run left behind.

    Attributes:
        folder: the run folder.
        config: the resolved configuration.
        info: what the inputs and the target are.
        model: the network that was tested, after the refit if there was one, in evaluation mode, on the CPU.
        ranking: one row per input, most relevant first, from before a refit; the columns of `ranking.csv`.
        mask: which inputs were selected, shape (n_features,).
        metrics: the final metrics.
        trace: eigenvalues and masks over training; None if they were not recorded.
    """

    folder: Path
    config: DictConfig
    info: DatasetInfo
    model: nn.Module
    ranking: pd.DataFrame
    mask: np.ndarray
    metrics: dict[str, Any]
    trace: Trace | None

    def __repr__(self) -> str:
        scores = ", ".join(f"{name}={value:.4g}" for name, value in self.metrics.items() if name.startswith("test/"))
        return f"Run({str(self.folder)!r}, {self.mask.sum()} of {len(self.mask)} inputs selected, {scores})"


def load_run(folder: str | Path) -> Run:
    """Load model, configuration, ranking, mask and trace of a finished run.

    Args:
        folder: the run folder.

    Returns:
        The run.

    Raises:
        UserError: if it is no run folder, the run is not finished, or a file is broken.
    """
    folder = Path(folder)
    for name in (CONFIG, DATASET, RANKING, MASK, METRICS):
        if not (folder / name).is_file():
            raise UserError(f"{folder}: not the folder of a finished run: there is no {name}")
    config = read_config(folder)
    info = read_part(folder / DATASET, lambda path: DatasetInfo.from_plain(read_json(path)))
    node = config.model.copy()
    if "weights" in node:  # of a backbone: the checkpoint holds them
        node.weights = None
    model = build_model(node, info)
    metrics = read_json(folder / METRICS)
    last = folder / REFIT if "refit_epochs" in metrics else folder
    checkpoint = last / CHECKPOINTS / (BEST_CHECKPOINT if config.final_weights == "best" else LAST_CHECKPOINT)
    state = read_checkpoint(checkpoint)["state_dict"]
    weights = {name[len("model.") :]: value for name, value in state.items() if name.startswith("model.")}
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise UserError(
            f"{checkpoint} does not fit the model of {folder / CONFIG}; was one of them changed?"
        ) from error
    return Run(
        folder=folder,
        config=config,
        info=info,
        model=model.eval(),
        ranking=read_part(folder / RANKING, _read_ranking),
        mask=read_part(folder / MASK, lambda path: np.load(path, allow_pickle=False)),
        metrics=metrics,
        trace=read_trace(folder / TRACE) if (folder / TRACE).is_file() else None,
    )


def _read_ranking(path: Path) -> pd.DataFrame:
    ranking = pd.read_csv(path)
    _ = ranking[["rank", "feature", "relevance", "selected"]]  # a KeyError tells what is missing
    return ranking
