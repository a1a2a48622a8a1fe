"""The folder of a comparison: one folder per method and seed, and what is known of all of them."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.tracking.run_folder import RANKING, STATUS, read_json, write_json, write_whole

COMPARISON = "compare.json"  # what was asked for, on what machines
CELLS = "cells"
NET = "net"  # the plain net that methods of the kind `model` explain; no method can have this name
NET_WEIGHTS = "net.pt"
COST = "cost.json"
SCORES = "scores.json"

RESULTS = "results"  # .csv and .parquet
AGREEMENT = "agreement.csv"
TABLE = "table.md"

TIMED_OUT = "timed out"  # a state beside those of runs

RANKING_OF_METHOD = ("rank", "feature", "name", "relevance")


def cell_folder(folder: Path, method: str, seed: int) -> Path:
    """Name the folder of one method with one seed.

    Args:
        folder: of the comparison.
        method: name of the method, or `NET`.
        seed: the seed.

    Returns:
        The folder; it need not exist.
    """
    return folder / CELLS / method / f"seed_{seed}"


def machines_of(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Tell on what machines a comparison was computed.

    Args:
        record: content of `compare.json`.

    Returns:
        `python`, `versions` and `hardware` of each, in the order of the starts; of a record from before there was a
        list, those of its last start.
    """
    last = {name: record[name] for name in ("python", "versions", "hardware") if name in record}
    return list(record.get("machines", [last] if last else []))


def state_of(cell: Path) -> tuple[str, str | None]:
    """Tell what became of a method with one seed.

    Args:
        cell: its folder.

    Returns:
        A state (`waiting` if it was never started), and one line that says why it is not done.
    """
    status = read_json(cell / STATUS)
    return status.get("state", "waiting"), status.get("error")


def add_json(path: Path, **content: Any) -> None:
    """Add to a file of plain values.

    Args:
        path: the file; made if there is none.
        **content: what is added, or replaced.
    """
    write_json(path, {**read_json(path), **content})


def write_method_ranking(
    cell: Path,
    info: DatasetInfo,
    ranking: Int[np.ndarray, " n_features"],
    relevance: Float[np.ndarray, " n_features"],
) -> None:
    """Write `ranking.csv` of one method with one seed.

    Args:
        cell: its folder.
        info: the inputs' names.
        ranking: the inputs, most relevant first.
        relevance: one score per input, in the method's own unit.
    """

    def write(beside: Path) -> None:
        with beside.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(RANKING_OF_METHOD)
            writer.writerows(
                [rank, int(j), info.feature_names[j], float(relevance[j])] for rank, j in enumerate(ranking, start=1)
            )

    write_whole(cell / RANKING, write)


def read_method_ranking(
    cell: Path,
) -> tuple[Int[np.ndarray, " n_features"], Float[np.ndarray, " n_features"]] | None:
    """Read which inputs a method ranks first.

    Args:
        cell: the folder of the method with one seed.

    Returns:
        The inputs, most relevant first, and one score per input, in the order of the inputs; None if the method gave
        no ranking.
    """
    path = cell / RANKING
    if not path.is_file():
        return None
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    ranking = np.array([int(row["feature"]) for row in rows])
    relevance = np.empty(len(rows))
    relevance[ranking] = [float(row["relevance"]) for row in rows]
    return ranking, relevance
