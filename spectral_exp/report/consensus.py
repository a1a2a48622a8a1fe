"""What many runs say of each input together: how often it is kept, and where it ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from spectral_exp.report.aggregate import Problem
from spectral_exp.report.collect import CollectedRun

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Consensus:
    """One entry per input, in the order of the data.

    Attributes:
        n_runs: how many runs it is of.
        frequency: the share of runs that select the input, shape (n_features,).
        mean_rank: mean of its ranks, 1 = most relevant, shape (n_features,).
        sd_rank: their standard deviation (n - 1); NaN of a single run, shape (n_features,).
        relevance: mean of its relevance over the largest one of the run, 0 to 1, shape (n_features,).
        by_mean_rank: its place when inputs are ordered by mean rank, shape (n_features,).
        by_frequency: its place when they are ordered by frequency, then by mean rank, shape (n_features,).
    """

    n_runs: int
    frequency: Float[np.ndarray, " n_features"]
    mean_rank: Float[np.ndarray, " n_features"]
    sd_rank: Float[np.ndarray, " n_features"]
    relevance: Float[np.ndarray, " n_features"]
    by_mean_rank: Int[np.ndarray, " n_features"]
    by_frequency: Int[np.ndarray, " n_features"]


def consensus(runs: Sequence[CollectedRun]) -> Consensus:
    """Put the rankings and masks of runs on the same inputs together.

    Ties are broken by the order of the inputs.

    Args:
        runs: finished runs on one data set, at least one.

    Returns:
        The consensus.
    """
    inputs = [run.inputs for run in runs if run.inputs]
    frequency = np.mean([one.is_selected for one in inputs], axis=0)
    ranks = np.array([one.rank for one in inputs], dtype=float)
    mean_rank = ranks.mean(axis=0)
    sd_rank = ranks.std(axis=0, ddof=1) if len(ranks) > 1 else np.full(len(mean_rank), np.nan)
    shares = [one.relevance / max(float(one.relevance.max()), np.finfo(float).tiny) for one in inputs]
    return Consensus(
        n_runs=len(inputs),
        frequency=frequency,
        mean_rank=mean_rank,
        sd_rank=sd_rank,
        relevance=np.mean(shares, axis=0),
        by_mean_rank=_places(np.argsort(mean_rank, kind="stable")),
        by_frequency=_places(np.lexsort((mean_rank, -frequency))),
    )


def _places(order: Int[np.ndarray, " n_features"]) -> Int[np.ndarray, " n_features"]:
    places = np.empty(len(order), int)
    places[order] = np.arange(1, len(order) + 1)
    return places


def inputs_table(found: Sequence[Problem]) -> pd.DataFrame:
    """Lay the consensus over all finished runs out as a table.

    Args:
        found: the problems.

    Returns:
        One row per data set and input, the best mean rank first.
    """
    import pandas as pd

    tables = []
    for problem in found:
        one = consensus(problem.runs)
        table = pd.DataFrame(
            {
                "dataset": problem.info.name,
                "consensus_rank": one.by_mean_rank,
                "feature": np.arange(problem.info.n_features),
                "name": problem.info.feature_names,
                "mean_rank": one.mean_rank,
                "sd_rank": one.sd_rank,
                "frequency": one.frequency,
                "rank_by_frequency": one.by_frequency,
                "mean_relevance_share": one.relevance,
                "n_runs": one.n_runs,
            }
        )
        tables.append(table.sort_values("consensus_rank"))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
