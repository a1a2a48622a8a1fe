"""The tables of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from urllib.parse import quote

import numpy as np

from spectral_exp.report.aggregate import Estimate, Problem
from spectral_exp.report.collect import WITH_SELECTED, CollectedRun
from spectral_exp.report.consensus import Consensus
from spectral_exp.report.page.table import Cell, Row, Table, number_cell
from spectral_exp.report.ranking import RankedFeature
from spectral_exp.report.score import Score
from spectral_exp.tracking.run_folder import CONFIG, RANKING

# More rows than this are read by nobody, and slow a phone down.
N_INPUT_ROWS = 2000


def ranking_rows(ranking: Sequence[RankedFeature]) -> Table:
    """Lay out the ranking of one run.

    Args:
        ranking: the inputs, most relevant first.

    Returns:
        The table, with a field to search it.
    """
    highest = max(one.relevance for one in ranking) or 1.0
    has_left = any(one.dropped_at_step >= 0 for one in ranking)
    rows = [
        Row(
            [
                number_cell(one.rank),
                Cell(one.name),
                number_cell(one.relevance, share=min(max(one.relevance / highest, 0.0), 1.0)),
                number_cell(one.eigenvalue),
                Cell("yes" if one.selected else "no"),
                *([number_cell(one.dropped_at_step if one.dropped_at_step >= 0 else None)] if has_left else []),
            ]
        )
        for one in ranking[:N_INPUT_ROWS]
    ]
    columns = ("rank", "input", "relevance", "eigenvalue", "selected", *(["left at step"] if has_left else []))
    return Table(
        "All inputs, most relevant first",
        columns,
        rows,
        search="Search inputs",
        note=_note_of(len(ranking), RANKING),
        numeric=frozenset({"rank", "relevance", "eigenvalue", "left at step"}),
    )


def consensus_rows(problem: Problem, together: Consensus) -> Table:
    """Lay out what all runs say of each input.

    Args:
        problem: the runs.
        together: their consensus.

    Returns:
        The table, with a field to search it.
    """
    order = np.argsort(together.by_mean_rank)[:N_INPUT_ROWS]
    rows = [
        Row(
            [
                number_cell(int(together.by_mean_rank[one])),
                Cell(problem.info.feature_names[one]),
                number_cell(float(together.frequency[one]), ".0%", share=float(together.frequency[one])),
                number_cell(int(together.by_frequency[one])),
                number_cell(float(together.mean_rank[one]), ",.1f"),
                number_cell(float(together.sd_rank[one]), ",.1f"),
                number_cell(float(together.relevance[one]), ".3f"),
            ]
        )
        for one in order
    ]
    columns = ("place", "input", "selected by", "place by frequency", "mean rank", "sd of rank", "mean relevance")
    return Table(
        f"Consensus of {together.n_runs:,} runs, lowest mean rank first; relevance as a share of each run's largest",
        columns,
        rows,
        search="Search inputs",
        note=_note_of(len(together.frequency), "the table written by --tables csv"),
        numeric=frozenset(columns) - {"input"},
    )


def _note_of(count: int, rest: str) -> str:
    return f"The first {N_INPUT_ROWS:,} of {count:,} inputs; {rest} has all." if count > N_INPUT_ROWS else ""


def configuration_rows(problem: Problem) -> Table:
    """Lay out mean, spread and interval of every configuration.

    Args:
        problem: the runs.

    Returns:
        The table.
    """
    score = problem.score
    numeric = (
        "runs", f"test {score.words}", "sd", "95 % interval", f"whole net, test {score.words}", "inputs kept",
        "stability", "its 95 % interval", "seconds",
    )  # fmt: skip
    rows = []
    for one in problem.configurations:
        stability = one.stability
        rows.append(
            Row(
                [
                    *(Cell(one.settings.get(key, ""), _number_in(one.settings.get(key, ""))) for key in problem.varied),
                    number_cell(len(one.runs)),
                    number_cell(one.with_selected.mean, score.form),
                    number_cell(one.with_selected.sd, ".2g"),
                    _interval(one.with_selected, score),
                    number_cell(one.whole_net.mean, score.form),
                    number_cell(one.n_selected.mean, ",.4g"),
                    number_cell(stability.value, ".2f"),
                    Cell(
                        f"{stability.low:.2f} to {stability.high:.2f}" if isfinite(stability.low) else "", stability.low
                    ),
                    number_cell(one.seconds.mean, ",.3g"),
                ]
            )
        )
    caption = f"Means over seeds and folds; test {score.words} with the selected inputs alone, the others set to 0"
    return Table(caption, (*problem.varied, *numeric), rows, numeric=frozenset(numeric))


def _interval(value: Estimate, score: Score) -> Cell:
    if not isfinite(value.low):
        return Cell("")
    low, high = score.within_range(value.low, value.high)
    return Cell(f"{score.write(low)} to {score.write(high)}", low)


def run_rows(runs: Sequence[CollectedRun], anchors: Mapping[str, str], page_folder: Path) -> Table:
    """Lay out all runs, those that failed too.

    Args:
        runs: the runs.
        anchors: name of a run to the id of its row.
        page_folder: where the page will lie; links to configurations are relative to it.

    Returns:
        The table.
    """
    settings = _varied(runs)
    metrics = [name for name in ("accuracy", "mae") if any(f"test/{name}" in run.row for run in runs)]
    scores = {
        **{f"test/{name}{WITH_SELECTED}": f"test {name}, selected alone" for name in metrics},
        **{f"test/{name}": f"test {name}, whole net" for name in metrics},
        **{f"val/{name}": f"val. {name}, whole net" for name in metrics},
        "n_selected": "inputs kept",
        "seconds": "seconds",
    }
    rows = []
    for run in runs:
        config = run.folder / CONFIG
        rows.append(
            Row(
                [
                    Cell(run.name),
                    Cell(str(run.row["state"])),
                    *(Cell(run.settings.get(key, ""), _number_in(run.settings.get(key, ""))) for key in settings),
                    *(number_cell(run.number(column)) for column in scores),
                    Cell("config", link=link_to(config, page_folder)) if config.is_file() else Cell(""),
                    Cell(str(run.row.get("error") or "")),
                ],
                anchor=anchors.get(run.name, ""),
                is_bad=not run.is_done and run.row["state"] != "running",
            )
        )
    columns = ("run", "state", *settings, *scores.values(), "config", "error")
    return Table("All runs", columns, rows, search="Search runs", numeric=frozenset(scores.values()))


def _varied(runs: Sequence[CollectedRun]) -> list[str]:
    # Settings that are not the same in all runs that say what they were asked for.
    told = [run.settings for run in runs if run.settings]
    keys = dict.fromkeys(key for one in told for key in one)
    return [key for key in keys if len({one.get(key) for one in told}) > 1]


def _number_in(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None


def link_to(path: Path, page_folder: Path) -> str:
    """Link from the page to a file beside or below it, so that the folder can be moved.

    Args:
        path: the file.
        page_folder: where the page lies.

    Returns:
        A relative link, or a file link where there is no way up and down.
    """
    import os

    relative = os.path.relpath(path.resolve(), page_folder.resolve())
    return quote(f"./{Path(relative).as_posix()}")
