"""A run folder as its files: each part is read when it is first asked for. No model, no torch."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spectral_exp.errors import UserError
from spectral_exp.report.ranking import RankedFeature, read_ranking
from spectral_exp.tracking.path_curve import PathCurve, read_path_curve
from spectral_exp.tracking.run_folder import (
    CONFIG,
    DATASET,
    MASKING_CURVE,
    METRICS,
    METRICS_HISTORY,
    RANKING,
    SELECTION_CURVE,
    STATUS,
    TRACE,
    Content,
    read_json,
    read_part,
)

if TYPE_CHECKING:  # numpy and pyarrow take longer to import than a ranking takes to print
    import numpy as np

    from spectral_exp.dataset.info import DatasetInfo
    from spectral_exp.tracking.trace import Trace, TraceReader

Stamp = tuple[int, int, int]
_REPORTED = (CONFIG, DATASET, MASKING_CURVE, METRICS, METRICS_HISTORY, RANKING, SELECTION_CURVE, STATUS, TRACE)

# outputs / sweeps / experiment / date / job: how far below a folder its runs can lie.
_DEPTH_OF_RUNS = 4
# More records of a trace than this cost memory and cannot be told apart in a figure.
N_RECORDS = 250


@dataclass(frozen=True)
class MaskingCurve:
    """The test score when all but the top inputs are set to 0, without retraining.

    Attributes:
        metric: name of the score, such as "accuracy" or "mae".
        n_kept: how many inputs keep their values, rising, shape (n_points,).
        score: the score with them, shape (n_points,).
    """

    metric: str
    n_kept: np.ndarray
    score: np.ndarray


@dataclass(frozen=True)
class SelectionCurve:
    """The validation score that the number of inputs was chosen by: smoothed, or the mean of folds.

    Attributes:
        n_kept: how many of the most relevant inputs, rising, shape (n_points,).
        score: the score with them, shape (n_points,).
        worst_accepted: the score that is one standard error from the best.
    """

    n_kept: np.ndarray
    score: np.ndarray
    worst_accepted: float


@dataclass(frozen=True)
class RunFiles:
    """The files of one run.

    Every part raises a UserError that names the file if it is missing or broken.

    Attributes:
        folder: the run folder.
        trace_reader: one that has read the trace before and goes on from there; None for a new one.
    """

    folder: Path
    trace_reader: TraceReader | None = None

    def has(self, name: str) -> bool:
        """Tell whether the run has left a file.

        Args:
            name: its name in the run folder.

        Returns:
            True if it is there.
        """
        return (self.folder / name).is_file()

    @cached_property
    def status(self) -> dict[str, Any]:
        """State, times, error, versions and overrides."""
        return self._read(STATUS, read_json)

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """The final metrics."""
        return self._read(METRICS, read_json)

    @cached_property
    def ranking(self) -> list[RankedFeature]:
        """All inputs, most relevant first."""
        return self._read(RANKING, read_ranking)

    @cached_property
    def dataset(self) -> DatasetInfo:
        """What the inputs and the target are."""
        return self._read(DATASET, _read_dataset)

    @cached_property
    def history(self) -> dict[str, np.ndarray]:
        """The metrics of every epoch by column, NaN where a cell is empty."""
        return self._read(METRICS_HISTORY, _read_history)

    @cached_property
    def path_curve(self) -> PathCurve | None:
        """Validation score against the number of inputs left in the net; None if that never changed."""
        return self._read(METRICS_HISTORY, read_path_curve)

    @cached_property
    def masking_curve(self) -> MaskingCurve:
        """Test score against the number of inputs kept."""
        return self._read(MASKING_CURVE, _read_masking_curve)

    @cached_property
    def selection_curve(self) -> SelectionCurve:
        """Validation score that the number of inputs was chosen by."""
        return self._read(SELECTION_CURVE, self._read_selection_curve)

    @cached_property
    def trace(self) -> Trace:
        """Eigenvalues and mask over training, thinned to what a figure can show."""
        from spectral_exp.tracking.trace import TraceReader

        return self._read(TRACE, lambda path: (self.trace_reader or TraceReader(path)).read(at_most=N_RECORDS))

    def _read_selection_curve(self, path: Path) -> SelectionCurve:
        import numpy as np

        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        sign = 1 if rows[0]["is_higher_better"] == "true" else -1
        return SelectionCurve(
            n_kept=np.array([int(row["n_kept"]) for row in rows]),
            score=np.array([float(row["score"]) for row in rows]),
            worst_accepted=self.metrics["selection/best_score"] - sign * self.metrics["selection/standard_error"],
        )

    def _read(self, name: str, read: Callable[[Path], Content]) -> Content:
        path = self.folder / name
        if not path.is_file():
            raise UserError(_why_missing(self.folder, name))
        return read_part(path, read)


def find_runs(folder: Path) -> list[Path]:
    """Find the runs at or below a folder, such as `outputs`.

    Args:
        folder: where to look.

    Returns:
        The run folders, oldest first.
    """
    return sorted(_walk(folder, _DEPTH_OF_RUNS), key=lambda run: (run / STATUS).stat().st_mtime)


def file_stamps(folder: Path) -> tuple[Stamp | None, ...]:
    """Tell in which state the files of a run are that a report reads.

    Args:
        folder: the run folder.

    Returns:
        One stamp per file.
    """
    return tuple(file_stamp(folder / name) for name in _REPORTED)


def file_stamp(path: Path) -> Stamp | None:
    """Tell in which state a file is, without reading it.

    Args:
        path: the file.

    Returns:
        Which file it is, its size in bytes and the time of its last change; None if it is absent.
    """
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    if (folder / STATUS).is_file():
        yield folder
    elif depth and folder.is_dir() and os.access(folder, os.R_OK | os.X_OK):
        for child in folder.iterdir():
            yield from _walk(child, depth - 1)


def _why_missing(folder: Path, name: str) -> str:
    # Say in one line why a file of a run is not there and what to do.
    if not folder.exists():
        return f"{folder}: no such folder; give the folder of a run, as printed at the end of spectral-train"
    if not folder.is_dir():
        return f"{folder} is a file; give the folder of a run, here {folder.parent}"
    runs = find_runs(folder)
    if not runs:
        return f"{folder} is not a run folder: no {STATUS}; give the folder that spectral-train printed at its end"
    if runs != [folder]:
        newest = ", ".join(str(run.relative_to(folder)) for run in runs[:-4:-1])
        more = f" and {len(runs) - 3} more" if len(runs) > 3 else ""
        return f"{folder} holds {len(runs)} runs ({newest}{more}); give one of them, the newest is {runs[-1]}"
    status = RunFiles(folder).status
    state = status.get("state")
    if state == "failed":
        return f"{folder} has no {name}: the run failed ({_first_line(status.get('error'))}); mend that and run again"
    if state in ("interrupted", "killed"):
        return f"{folder} has no {name}: the run was {state}; go on with it by spectral-train resume={folder}"
    if state == "running":
        return f"{folder} has no {name} yet: the run goes on; if it was killed, spectral-train resume={folder}"
    return f"{folder} has no {name}: the run did not write it, or it was removed; run again"


def _first_line(text: Any) -> str:
    lines = str(text or "").strip().splitlines()
    return lines[0] if lines else "no reason given"


def _read_dataset(path: Path) -> DatasetInfo:
    from spectral_exp.dataset.info import DatasetInfo

    return DatasetInfo.from_plain(read_json(path))


def _read_history(path: Path) -> dict[str, np.ndarray]:
    import numpy as np

    from spectral_exp.tracking.history import read_history

    rows = read_history(path)
    return {column: np.array([row[column] for row in rows], dtype=float) for column in (rows[0] if rows else ())}


def _read_masking_curve(path: Path) -> MaskingCurve:
    import numpy as np

    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = list(csv.reader(file)) or [[]]
    if len(header) < 2 or header[0] != "n_kept" or not rows:
        raise ValueError("expected the columns n_kept and a metric, and at least one row")
    n_kept, score = np.array([[float(cell) for cell in row[:2]] for row in rows]).T
    order = np.argsort(n_kept)
    return MaskingCurve(header[1], n_kept[order], score[order])
