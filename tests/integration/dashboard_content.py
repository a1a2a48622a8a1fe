"""What the tests log to a dashboard, and how they read it back."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from spectral_exp.tracking.rich_logger import RichLogger

EIGENVALUES = np.array([0.0, 0.5, -1.5, np.nan, 2.0, 0.5])
MASK = np.arange(64).reshape(8, 8) % 3 == 0
COLUMNS = ["rank", "feature", "name", "relevance", "selected"]
RANKING = [[1, 4, "age", 2.0, True], [2, 2, "color=red|blue", 1.5, True], [3, 0, "noise", None, False]]


def log_everything(logger: RichLogger, step: int = 10) -> None:
    logger.log_hyperparams({"seed": 3, "regularization": {"strength": 1e-3}})
    logger.log_metrics({"val/accuracy": 0.75, "spectral/n_selected": 4.0}, step=step)
    logger.log_histogram("spectral/eigenvalues", EIGENVALUES, step)
    logger.log_histogram("spectral/nothing", np.array([np.nan]), step)
    logger.log_image("spectral/mask", MASK, step)
    logger.log_image("spectral/relevance", np.full((8, 8, 3), 7, np.uint8), step)
    logger.finalize("success")  # as Lightning does when fit ends, before the ranking is known
    logger.log_table("ranking", COLUMNS, RANKING, step)
    logger.log_summary({"test/accuracy": 0.5, "n_selected": 4.0}, step)


def our_messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name.startswith("spectral_exp")]


def read_events(folder: Path) -> EventAccumulator:
    events = EventAccumulator(str(folder), size_guidance={"tensors": 0, "images": 0, "histograms": 0})
    events.Reload()
    return events


def decode_grey_png(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(content)).convert("L"))
