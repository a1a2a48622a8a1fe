"""Any folder of runs, whatever their states, as one tidy table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float, Int

from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.errors import UserError
from spectral_exp.report.run_files import RunFiles, file_stamps, find_runs
from spectral_exp.report.run_row import SCORES, order_columns, read_overrides, run_row
from spectral_exp.tracking.run_folder import DATASET, MASKING_CURVE, RANKING, STATUS, write_whole
from spectral_exp.tracking.sweep_record import JobRecord, SweepRecord, read_sweep_record

if TYPE_CHECKING:
    import pandas as pd

# Of a score that a run reached with its selected inputs alone: after its refit, or with the others set to 0.
WITH_SELECTED = "_with_selected"
# What a run was asked for that does not change what it finds.
_PLACES = ("outputs", "resume", "data_dir")
# What makes a run one of several that are to be averaged: another draw of the same.
FOLD = "dataset.fold"
_REPEATED = ("seed", FOLD)

DatasetKey = tuple[object, ...]


@dataclass(frozen=True)
class RunInputs:
    """What a finished run says of its inputs; arrays are in the order of the data.

    Attributes:
        info: names, shape and task.
        rank: 1 = most relevant, shape (n_features,).
        relevance: shape (n_features,).
        is_selected: shape (n_features,).
        is_in_net: False for inputs that left in training or before the refit, or whose relevance is exactly 0, shape
            (n_features,).
    """

    info: DatasetInfo
    rank: Int[np.ndarray, " n_features"]
    relevance: Float[np.ndarray, " n_features"]
    is_selected: Bool[np.ndarray, " n_features"]
    is_in_net: Bool[np.ndarray, " n_features"]

    @property
    def is_net_of_selected(self) -> bool:
        """Whether the net reads nothing but the selected inputs, so that its scores are theirs."""
        return not (self.is_in_net & ~self.is_selected).any()


@dataclass(frozen=True)
class CollectedRun:
    """One run of many.

    Attributes:
        name: its folder below the one that was collected.
        folder: its folder.
        row: its row of the table.
        settings: its overrides, key to value as typed.
        inputs: what it says of its inputs; None unless it is done and its files can be read.
    """

    name: str
    folder: Path
    row: dict[str, object]
    settings: dict[str, str]
    inputs: RunInputs | None

    @property
    def is_done(self) -> bool:
        """Whether it ended and its results can be read."""
        return self.inputs is not None

    @property
    def data(self) -> DatasetKey | None:
        """What runs that can be compared have in common; None unless the run is done."""
        if self.inputs is None:
            return None
        info = self.inputs.info
        table = tuple(self.settings.get(f"dataset.{key}", "") for key in ("path", "target"))
        return info.name, info.task, info.shape, info.class_names, info.feature_names, table

    @property
    def configuration(self) -> tuple[tuple[str, str], ...]:
        """What it was asked for besides seed, fold and where files lie: the same for runs that are to be averaged."""
        left_out = (*_REPEATED, *_PLACES)
        return tuple(sorted((key, value) for key, value in self.settings.items() if key not in left_out))

    @property
    def repetition(self) -> str:
        """Which of the runs that are to be averaged it is, such as "seed 0" or "seed 0, fold 3"."""
        fold = f", fold {self.settings[FOLD]}" if FOLD in self.settings else ""
        return f"seed {self.row.get('seed')}{fold}"

    def number(self, column: str) -> float:
        """Give a number of the run's row.

        Args:
            column: the column, such as "test/accuracy".

        Returns:
            The number; NaN if there is none.
        """
        value = self.row.get(column)
        return float(value) if isinstance(value, (int, float)) else float("nan")


class Collector:
    """Read every run at or below a folder, and later only those again whose files have changed.

    Args:
        folder: a run, a sweep, or anything above, such as `outputs`.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._names: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._known: dict[Path, tuple[object, CollectedRun]] = {}

    def collect(self) -> list[CollectedRun]:
        """Read the runs; what cannot be read is told in its row and stops nothing.

        Returns:
            The runs, in the order of their folders, 2 before 10.

        Raises:
            UserError: if there is no run.
        """
        folder = self._folder
        if not folder.is_dir():
            raise UserError(f"{folder} is no folder; give the folder of a run or of a sweep, such as outputs")
        runs = self.find_folders()
        if not runs:
            raise UserError(f"{folder}: no run in it (no {STATUS}); give the folder of a run or of a sweep")
        records = {sweep: read_sweep_record(sweep) for sweep in {run.parent for run in runs}}
        known = {run: self._read(run, records[run.parent]) for run in runs}
        self._known = known  # those that were removed are forgotten
        return [run for _, run in known.values()]

    def find_folders(self) -> list[Path]:
        """Find the folders of runs and of jobs that have not started, in the order of `collect`.

        Returns:
            The folders; none if there is no run.
        """
        found = [*find_runs(self._folder), *_not_started(self._folder)]
        return sorted(found, key=lambda run: [_natural(part) for part in run.relative_to(self._folder).parts])

    def _read(self, run: Path, sweep: SweepRecord | None) -> tuple[object, CollectedRun]:
        record = sweep.jobs.get(run.name) if sweep else None
        state = file_stamps(run), record
        if run in self._known and self._known[run][0] == state:
            return self._known[run]
        return state, _read(run, self._folder, self._names, record)


def collect(folder: Path) -> list[CollectedRun]:
    """Read every run at or below a folder once, see `Collector`.

    Args:
        folder: a run, a sweep, or anything above, such as `outputs`.

    Returns:
        The runs, in the order of their folders, 2 before 10.
    """
    return Collector(folder).collect()


def runs_table(runs: Sequence[CollectedRun]) -> pd.DataFrame:
    """Lay the runs out as a table: overrides, scores, inputs, seconds and error as columns.

    Args:
        runs: the runs.

    Returns:
        One row per run; overrides are text, as they were typed.
    """
    import pandas as pd

    rows = [{"run": run.name, **run.row} for run in runs]
    table = pd.DataFrame(rows, columns=order_columns(rows, ("run", "state")))
    for column in map(str, table):
        if column in ("n_features", "n_selected", "seconds") or column.startswith(SCORES):
            table[column] = pd.to_numeric(table[column], errors="coerce")
        else:
            table[column] = table[column].astype("string")
    return table.astype({"n_features": "Int64", "n_selected": "Int64"})


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table whole or not at all.

    Args:
        table: the table.
        path: the file; the suffix, .csv or .parquet, is the format.
    """
    if path.suffix == ".parquet":
        write_whole(path, lambda beside: table.to_parquet(beside, index=False))
    else:
        write_whole(path, lambda beside: table.to_csv(beside, index=False))


def _not_started(folder: Path) -> Iterator[Path]:
    # Jobs of a sweep that left no status: numbered folders beside those that did, or beside the sweep's record.
    sweeps = {run.parent for run in find_runs(folder) if run != folder} | {folder}
    for sweep in sweeps:
        for job in sweep.iterdir():
            if job.name.isdigit() and job.is_dir() and not find_runs(job):
                yield job


def _natural(part: str) -> tuple[bool, int, str]:
    return not part.isdigit(), int(part) if part.isdigit() else 0, part


def _read(
    folder: Path, root: Path, names: dict[tuple[str, ...], tuple[str, ...]], record: JobRecord | None
) -> CollectedRun:
    run = RunFiles(folder)
    row = run_row(run, record)
    inputs = None
    settings: dict[str, str] = {}
    if run.has(STATUS) and row["state"] != "broken":
        settings = read_overrides(run.status.get("overrides"))
    if row["state"] == "done":
        try:
            inputs = _read_inputs(run, names)
            row["seed"] = str(run.metrics.get("seed", row.get("seed", "")))
            row["n_selected"] = n_selected = int(inputs.is_selected.sum())
            row |= _scores_with_selected(run, n_selected)
        except UserError as error:
            row |= {"state": "broken", "error": str(error)}
            inputs = None
    name = str(folder.relative_to(root)) if folder != root else folder.resolve().name
    return CollectedRun(name, folder, row, settings, inputs)


def _read_inputs(run: RunFiles, names: dict[tuple[str, ...], tuple[str, ...]]) -> RunInputs:
    # The names of the inputs of 1000 runs are in memory once.
    info = replace(run.dataset, feature_names=names.setdefault(run.dataset.feature_names, run.dataset.feature_names))
    ranking = run.ranking
    feature = np.array([one.feature for one in ranking])
    if not np.array_equal(np.sort(feature), np.arange(info.n_features)):
        raise UserError(
            f"{run.folder / RANKING} does not rank each of the {info.n_features:,} inputs of {DATASET} once: "
            "the files are of different runs, or were edited; run again"
        )
    relevance = np.empty(len(ranking))
    rank = np.empty(len(ranking), int)
    is_selected, is_in_net = np.empty(len(ranking), bool), np.empty(len(ranking), bool)
    relevance[feature] = [one.relevance for one in ranking]
    rank[feature] = np.arange(1, len(ranking) + 1)
    is_selected[feature] = [one.selected for one in ranking]
    if _is_refitted(run):
        is_in_net = is_selected
    else:
        is_in_net[feature] = [one.dropped_at_step < 0 and one.relevance != 0 for one in ranking]
    return RunInputs(info, rank, relevance, is_selected, is_in_net)


def _scores_with_selected(run: RunFiles, n_selected: int) -> dict[str, object]:
    if _is_refitted(run):
        names = (f"test/{score}" for score in ("accuracy", "mae"))
        return {f"{name}{WITH_SELECTED}": run.metrics[name] for name in names if name in run.metrics}
    if not run.has(MASKING_CURVE):
        return {}
    curve = run.masking_curve
    at = np.flatnonzero(curve.n_kept == n_selected)
    return {f"test/{curve.metric}{WITH_SELECTED}": float(curve.score[at[0]])} if len(at) else {}


def _is_refitted(run: RunFiles) -> bool:
    # Then the final scores are those of a net of the selected inputs; the ranking is from before.
    return "refit_epochs" in run.metrics
