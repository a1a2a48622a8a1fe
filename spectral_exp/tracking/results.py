"""What a run leaves behind when training is over."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.selection.curve_selection import ScoreCurve
from spectral_exp.tracking.run_folder import (
    DATASET,
    MASK,
    MASKING_CURVE,
    RANKING,
    SELECTION_CURVE,
    STRENGTHS,
    write_json,
    write_whole,
)

RANKING_COLUMNS = ("rank", "feature", "name", "relevance", "eigenvalue", "selected", "dropped_at_step")


def ranking_rows(
    info: DatasetInfo,
    ranking: Int[np.ndarray, " n_features"],
    relevance: Float[np.ndarray, " n_features"],
    eigenvalues: Float[np.ndarray, " n_features"],
    mask: Bool[np.ndarray, " n_features"],
    dropped_at: Int[np.ndarray, " n_features"],
) -> Iterator[list[Any]]:
    """Lay the ranking out as a table, see `RANKING_COLUMNS`.

    Args:
        info: the inputs' names.
        ranking: the inputs, most relevant first; or the first few.
        relevance: one score per input.
        eigenvalues: one per input, 0 for dropped ones.
        mask: which inputs were selected.
        dropped_at: the step at which an input left, -1 for never.

    Yields:
        One row per input, rank 1 first.
    """
    for rank, j in enumerate(ranking, start=1):
        yield [
            rank,
            int(j),
            info.feature_names[j],
            float(relevance[j]),
            float(eigenvalues[j]),
            "true" if mask[j] else "false",
            int(dropped_at[j]),
        ]


def write_ranking(folder: Path, rows: Iterable[list[Any]], mask: Bool[np.ndarray, " n_features"]) -> None:
    """Write `ranking.csv` and `mask.npy`.

    Args:
        folder: the run folder.
        rows: from `ranking_rows`.
        mask: which inputs were selected.
    """
    _write_csv(folder / RANKING, list(RANKING_COLUMNS), rows)
    write_whole(folder / MASK, lambda beside: np.save(beside, mask))


def write_masking_curve(folder: Path, points: list[dict[str, float]]) -> None:
    """Write `masking_curve.csv`: test scores against inputs kept, without retraining.

    Args:
        folder: the run folder.
        points: one dictionary per number of inputs, with the same keys, `n_kept` first.
    """
    _write_csv(folder / MASKING_CURVE, list(points[0]), [list(point.values()) for point in points])


def write_strengths(folder: Path, trials: list[tuple[float, int]]) -> None:
    """Write `strengths.csv`: what a search for a number of inputs has tried.

    Args:
        folder: the run folder.
        trials: strength and number of inputs kept, in the order of the trials.
    """
    _write_csv(folder / STRENGTHS, ["strength", "n_selected"], [list(trial) for trial in trials])


def write_selection_curve(folder: Path, curve: ScoreCurve) -> None:
    """Write `selection_curve.csv`: the validation scores that the number of inputs was chosen by.

    Args:
        folder: the run folder.
        curve: the scores.
    """
    points = zip(curve.n_kept, curve.score, curve.standard_error, strict=True)
    header = ["n_kept", "score", "standard_error", "is_higher_better"]
    is_higher_better = "true" if curve.is_higher_better else "false"
    _write_csv(folder / SELECTION_CURVE, header, [[*point, is_higher_better] for point in points])


def read_selection_curve(folder: Path) -> ScoreCurve:
    """Read what `write_selection_curve` has written.

    Args:
        folder: the run folder.

    Returns:
        The scores.
    """
    with (folder / SELECTION_CURVE).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return ScoreCurve(
        n_kept=[int(row["n_kept"]) for row in rows],
        score=[float(row["score"]) for row in rows],
        standard_error=[float(row["standard_error"]) for row in rows],
        is_higher_better=rows[0]["is_higher_better"] == "true",
    )


def write_dataset(folder: Path, info: DatasetInfo) -> None:
    """Write `dataset.json`, which tells reports and `load_run` what the inputs are.

    Args:
        folder: the run folder.
        info: the data set's description.
    """
    write_json(folder / DATASET, info.to_plain())


def _write_csv(path: Path, header: list[str], rows: Iterable[list[Any]]) -> None:
    def write(beside: Path) -> None:
        with beside.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            writer.writerows(rows)

    write_whole(path, write)
