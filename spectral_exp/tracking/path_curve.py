"""The validation score for every number of inputs on the way from all to few."""

from dataclasses import dataclass
from math import isfinite, nan
from pathlib import Path
from typing import NamedTuple

from spectral_exp.tracking.history import read_history

VALIDATION_METRICS = ("val/accuracy", "val/mae")  # columns of the metrics' file, of which a run has one
STANDARD_ERROR = "val/standard_error"  # of that score
_N_KEPT = "spectral/n_kept"


class PathPoint(NamedTuple):
    """The net at one number of inputs.

    Attributes:
        n_kept: how many inputs were left in the net.
        epoch: the last epoch that ended with this number.
        score: the validation score at the end of that epoch.
        standard_error: how far chance alone moves the score; nan if the run did not record it.
    """

    n_kept: int
    epoch: int
    score: float
    standard_error: float = nan


@dataclass(frozen=True)
class PathCurve:
    """The validation score against the number of inputs left, from one training run.

    Attributes:
        metric: the column of the metrics' file that the scores are from, such as "val/accuracy".
        points: one per number of inputs, fewest inputs first; at least two.
    """

    metric: str
    points: list[PathPoint]


def read_path_curve(path: Path) -> PathCurve | None:
    """Read the validation score at each number of inputs from the metrics of every epoch.

    Each number is scored by the last epoch that ended with it, when the net had had the longest time to settle on
    these inputs; so is the full set, by the last epoch before the first removal. The best epoch would flatter the
    numbers that lasted longest.

    Args:
        path: a `metrics.csv` of a run folder, also of a run that still goes on.

    Returns:
        The curve, or None if every score is of the same number of inputs.
    """
    rows = read_history(path)
    metric = next((column for column in VALIDATION_METRICS if rows and column in rows[0]), None)
    if metric is None:
        return None
    points = {}
    for row in rows:
        n_kept, score = row.get(_N_KEPT, nan), row[metric]
        if n_kept >= 1 and isfinite(score):
            points[n_kept] = PathPoint(int(n_kept), int(row["epoch"]), score, row.get(STANDARD_ERROR, nan))
    return PathCurve(metric, sorted(points.values())) if len(points) > 1 else None
