"""A comparison folder as its files: rankings, scores and costs of every method and seed. No model, no torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.errors import UserError
from spectral_exp.evaluation.agreement import rank_agreement, top_k_masks, top_k_overlap
from spectral_exp.functional.stability import Stability, nogueira_stability
from spectral_exp.report.aggregate import Estimate, estimate
from spectral_exp.report.run_files import RunFiles
from spectral_exp.report.score import ACCURACY, MEAN_ABSOLUTE_ERROR, Score
from spectral_exp.tracking.comparison_folder import (
    COMPARISON,
    COST,
    NET,
    SCORES,
    cell_folder,
    machines_of,
    read_method_ranking,
    state_of,
)
from spectral_exp.tracking.run_folder import read_json

if TYPE_CHECKING:
    import pandas as pd

ALL_INPUTS = "all inputs"  # the judge with every input, beside the methods
OURS = "spectral"  # begins the names of this package's own methods
JUDGE_EPOCHS = 20  # epochs of the judge's earlier score; fewer if it is trained for less
COSTS = ("seconds", "cpu_seconds", "training_seconds", "training_cpu_seconds", "peak_memory_bytes")

Observation: TypeAlias = "tuple[str, int | None, str, int | None, float | None]"  # method, seed, measure, k, value


@dataclass(frozen=True)
class Comparison:
    """What a comparison has left so far.

    Attributes:
        folder: of the comparison.
    """

    folder: Path

    def __post_init__(self) -> None:
        if not (self.folder / COMPARISON).is_file():
            raise UserError(f"{self.folder}: not the folder of a comparison (no {COMPARISON} in it)")

    @cached_property
    def record(self) -> dict[str, Any]:
        """What was asked for, and on what machines."""
        return read_json(self.folder / COMPARISON)

    @cached_property
    def info(self) -> DatasetInfo:
        """What the inputs and the target are."""
        return RunFiles(self.folder).dataset

    @property
    def score(self) -> Score:
        """What the judge scores by."""
        return ACCURACY if self.info.task == "classification" else MEAN_ABSOLUTE_ERROR

    @property
    def machines(self) -> list[dict[str, Any]]:
        """On what it was computed: `python`, `versions` and `hardware` of each, in the order of the starts."""
        return machines_of(self.record)

    @property
    def methods(self) -> list[str]:
        """Names of the methods, as they were given."""
        return list(self.record["methods"])

    @property
    def seeds(self) -> list[int]:
        """The seeds."""
        return list(self.record["settings"]["seeds"])

    @property
    def k(self) -> list[int]:
        """How many inputs the judge is trained on, rising."""
        return sorted(self.record["settings"]["k"])

    @property
    def middle_k(self) -> int:
        """The one that stands for all where there is room for one."""
        return self.k[len(self.k) // 2]

    @property
    def best(self) -> str:
        """Measure of the judge at the epoch with the best validation score."""
        return f"{self.score.metric}_best"

    @property
    def early(self) -> str:
        """Measure of the judge after 20 epochs, or fewer if it is trained for less."""
        return f"{self.score.metric}_{min(JUDGE_EPOCHS, self.record['settings']['judge_epochs'])}"

    @cached_property
    def rankings(self) -> dict[str, dict[int, np.ndarray]]:
        """For every method that has any, its rankings by seed."""
        found: dict[str, dict[int, np.ndarray]] = {}
        for method in self.methods:
            for seed in self.seeds:
                ranking = read_method_ranking(cell_folder(self.folder, method, seed))
                if ranking is not None:
                    found.setdefault(method, {})[seed] = ranking[0]
        return found

    def problem(self, method: str) -> str:
        """Say why a method is not done for all seeds.

        Args:
            method: its name.

        Returns:
            State and reason of the first seed that is not done; empty if all are.
        """
        for seed in self.seeds:
            state, error = state_of(cell_folder(self.folder, method, seed))
            if state != "done":
                n_done = len(self.rankings.get(method, ()))
                counted = f", {n_done} of {len(self.seeds)} seeds ranked" if n_done else ""
                return f"{state}{f': {error}' if error else ''}{counted}"
        return ""

    @cached_property
    def results(self) -> pd.DataFrame:
        """One row per observation: dataset, method, seed, measure, k and value; without seed where it is of all."""
        import pandas as pd

        rows: list[Observation] = [
            row for method in (NET, *self.methods) for seed in self.seeds for row in self._of_cell(method, seed)
        ]
        for method in self.rankings:
            for k in self.k:
                for end, value in zip(("", "_low", "_high"), self.stability(method, k), strict=True):
                    rows.append((method, None, f"stability{end}", k, value))
        table = pd.DataFrame(rows, columns=["method", "seed", "measure", "k", "value"])
        table.insert(0, "dataset", self.info.name)
        return table.astype({"seed": "Int64", "k": "Int64", "value": "float64"})

    def estimate(self, method: str, measure: str, k: int | None = None) -> Estimate:
        """Estimate a measure over the seeds.

        Args:
            method: its name, or `ALL_INPUTS`.
            measure: as in `results`.
            k: number of inputs, for measures that depend on it.

        Returns:
            Mean and spread.
        """
        table = self.results
        chosen = table[(table.method == method) & (table.measure == measure)]
        return estimate((chosen if k is None else chosen[chosen.k == k]).value)

    def seconds(self, method: str) -> tuple[float, float]:
        """Give the CPU seconds of one ranking, mean over seeds.

        Args:
            method: its name.

        Returns:
            Those of training the net that it needs, and those of the ranking itself.
        """
        return self.estimate(method, "training_cpu_seconds").mean, self.estimate(method, "cpu_seconds").mean

    def stability(self, method: str, k: int) -> Stability:
        """Measure how far the first k inputs are the same for all seeds.

        Args:
            method: one with rankings.
            k: how many.

        Returns:
            Nogueira's measure.
        """
        return nogueira_stability(top_k_masks(np.stack(list(self.rankings[method].values())), k))

    @cached_property
    def by_score(self) -> list[str]:
        """The methods, best first: by average precision where the truth is known, else by the judge's mean over k."""

        def key(method: str) -> float:
            truth = self.estimate(method, "truth_average_precision").mean
            value = truth if self.has_truth else self.score.better(mean(self._judged(method)))
            return -value if value == value else float("inf")

        return sorted(self.methods, key=key)

    @property
    def has_truth(self) -> bool:
        """Whether it is known which inputs matter, and some do not."""
        truth = self.info.true_strength
        return truth is not None and bool((truth > 0).any()) and not bool((truth > 0).all())

    @cached_property
    def agreement(self) -> pd.DataFrame:
        """For every two methods, mean over common seeds: rank correlation, and overlap of the first k for every k."""
        import pandas as pd

        rows = []
        for one, other in combinations(self.rankings, 2):
            common = self.rankings[one].keys() & self.rankings[other].keys()
            pairs = [np.stack([self.rankings[method][seed] for method in (one, other)]) for seed in sorted(common)]
            if not pairs:
                continue
            row: dict[str, Any] = {"method": one, "other": other, "n_seeds": len(pairs)}
            row["rank_correlation"] = mean(float(rank_agreement(pair)[0, 1]) for pair in pairs)
            row |= {f"overlap_{k}": mean(float(top_k_overlap(pair, k)[0, 1]) for pair in pairs) for k in self.k}
            rows.append(row)
        return pd.DataFrame(rows)

    def _judged(self, method: str) -> list[float]:
        return [self.estimate(method, self.best, k).mean for k in self.k]

    def _of_cell(self, method: str, seed: int) -> Iterator[Observation]:
        cell = cell_folder(self.folder, method, seed)
        scores, cost, metric = read_json(cell / SCORES), read_json(cell / COST), self.score.metric
        name = ALL_INPUTS if method == NET else method
        if method != NET:
            yield from ((name, seed, measure, None, cost[measure]) for measure in COSTS if measure in cost)
        elif "test" in scores:
            yield name, seed, f"net_{metric}", self.info.n_features, scores["test"]
        for k, verdict in scores.get("judge", {}).items():
            if method == NET or int(k) in self.k:
                yield name, seed, self.early, int(k), verdict["score"]
                yield name, seed, self.best, int(k), verdict["best_score"]
        curves = scores.get("curves", {})
        for curve in ("insertion", "deletion"):
            if curves:
                yield name, seed, f"{curve}_area", None, curves[f"{curve}_area"]
                for k, value in zip(curves["n_inputs"], curves[curve], strict=True):
                    yield name, seed, f"{curve}_{metric}", k, value
        for fraction, pair in scores.get("retrained", {}).items():
            k = round(float(fraction) * self.info.n_features)
            yield from ((name, seed, f"{which}_{metric}", k, pair[which]) for which in ("removed", "kept"))
        yield from ((name, seed, measure, None, value) for measure, value in scores.get("truth", {}).items())
