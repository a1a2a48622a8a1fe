"""The ranking of a run, read from its file."""

import csv
from collections import Counter
from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from spectral_exp.errors import UserError


class RankedFeature(NamedTuple):
    """One row of a ranking.

    Attributes:
        rank: 1 = most relevant.
        feature: the input's index among all inputs.
        name: the input's name.
        relevance: its relevance, >= 0.
        eigenvalue: its eigenvalue in the input layer.
        selected: whether it is kept.
        dropped_at_step: the training step at which it was removed; -1 if it never was.
    """

    rank: int
    feature: int
    name: str
    relevance: float
    eigenvalue: float
    selected: bool
    dropped_at_step: int


def join_groups(ranking: Sequence[RankedFeature], groups: Sequence[str] | None) -> Sequence[RankedFeature]:
    """Put the inputs of a group, which share an eigenvalue and stay or leave together, into one row.

    Args:
        ranking: the inputs, most relevant first.
        groups: name of the group of every input, its own for one that is in none; None if there are no groups.

    Returns:
        The first of each group, under the group's name if it has several inputs.
    """
    if groups is None:
        return ranking
    sizes = Counter(groups)
    firsts = {groups[one.feature]: one for one in reversed(ranking)}
    return [
        one._replace(name=f"{name} ({sizes[name]} inputs)") if sizes[name] > 1 else one
        for one in ranking
        if firsts[name := groups[one.feature]] is one
    ]


N_BARS = 30
N_EMPTY = 5


def with_bars(ranking: Sequence[RankedFeature]) -> Sequence[RankedFeature]:
    """Choose the inputs that get a bar in a figure: of many without relevance only the first few, the last to leave.

    Args:
        ranking: the inputs, most relevant first.

    Returns:
        The first of them.
    """
    if len(ranking) <= N_BARS:
        return ranking
    n_relevant = sum(one.relevance > 0 for one in ranking)
    return ranking[: min(N_BARS, n_relevant + N_EMPTY)]


_SELECTED = {"true": True, "false": False}


def read_ranking(path: Path) -> list[RankedFeature]:
    """Read a ranking, most relevant input first.

    Args:
        path: a `ranking.csv` of a run folder.

    Returns:
        One entry per input, in the order of the file.

    Raises:
        UserError: if a column is missing or a row cannot be read.
    """
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        missing = [column for column in RankedFeature._fields if column not in header]
        if missing:
            raise UserError(f"{path}: no column {missing[0]!r}; it is not a ranking written by spectral-train")
        cells_of = itemgetter(*map(header.index, RankedFeature._fields))
        features = []
        for row in rows:
            try:
                rank, feature, name, relevance, eigenvalue, selected, dropped_at_step = cells_of(row)
                features.append(
                    RankedFeature(
                        int(rank),
                        int(feature),
                        name,
                        float(relevance),
                        float(eigenvalue),
                        _SELECTED[selected],
                        int(dropped_at_step),
                    )
                )
            except (ValueError, KeyError, IndexError) as error:
                raise UserError(
                    f"{path}, line {rows.line_num}: expected {', '.join(RankedFeature._fields)}, "
                    f"got {','.join(row)!r}; the file was edited or cut short: run again"
                ) from error
    if not features:
        raise UserError(f"{path}: the ranking is empty; the file was cut short: run again")
    return features
