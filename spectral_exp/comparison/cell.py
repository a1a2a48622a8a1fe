"""One method with one seed: rank the inputs, then score the ranking; what is there already is not done again."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Int
from torch import nn

from spectral_exp.attribution.measure import measure
from spectral_exp.attribution.ranker import ModelRanker, Ranker
from spectral_exp.comparison.net import Compose, SharedTraining, fit, load_net, plain, save_net
from spectral_exp.comparison.settings import ComparisonSettings
from spectral_exp.errors import UserError
from spectral_exp.evaluation.insertion_deletion import insertion_deletion
from spectral_exp.evaluation.judge import judge
from spectral_exp.evaluation.known_truth import compare_with_truth
from spectral_exp.evaluation.masking import masking_counts
from spectral_exp.evaluation.retraining import remove_and_retrain
from spectral_exp.evaluation.score import score_outputs
from spectral_exp.settings import read_settings
from spectral_exp.tracking.comparison_folder import (
    COST,
    NET,
    SCORES,
    TIMED_OUT,
    add_json,
    cell_folder,
    read_method_ranking,
    state_of,
    write_method_ranking,
)
from spectral_exp.tracking.run_folder import read_json, write_json
from spectral_exp.training.training import load_data

JUDGED_AT = 20  # epochs, beside the best of all by validation
TRAINING = "training"


class Cell:
    """One method, or the net, with one seed.

    Args:
        folder: of the comparison.
        method: name of the method, or `NET`.
        seed: of data, training and judge.
        settings: of the comparison.
        compose: from overrides to the configuration of a training.
    """

    def __init__(self, folder: Path, method: str, seed: int, settings: ComparisonSettings, compose: Compose) -> None:
        self.folder = cell_folder(folder, method, seed)
        self.net_folder = cell_folder(folder, NET, seed)
        self.seed = seed
        self.settings = settings
        self.compose = compose
        self.config = compose([f"seed={seed}"])
        self.data = load_data(self.config, read_settings(self.config))

    def train_net(self) -> None:
        """Train the net that methods explain, and score it, and the judge with all inputs."""
        if not (self.folder / COST).is_file():
            wall, cpu = time.perf_counter(), time.process_time()
            module = fit(plain(self.config), self.data, self.folder / TRAINING)
            cost = {"seconds": time.perf_counter() - wall, "cpu_seconds": time.process_time() - cpu}
            save_net(module, self.folder)
            write_json(self.folder / COST, cost)
        net = load_net(self.config, self.data.info, self.folder)
        assert net is not None
        test = self.data.test
        with torch.no_grad():
            outputs = net(test.inputs)
        n_features = self.data.info.n_features
        add_json(self.folder / SCORES, test=score_outputs(outputs, test.targets, self.data.info))
        self._judge(np.arange(n_features), [n_features])

    def rank(self, ranker: Ranker) -> None:
        """Rank the inputs.

        Args:
            ranker: the method.

        Raises:
            UserError: if it explains a net, and there is none.
        """
        if (self.folder / COST).is_file():
            return
        net = load_net(self.config, self.data.info, self.net_folder)
        if net is None and isinstance(ranker, ModelRanker):
            raise UserError(f"the net of seed {self.seed} that it explains was not trained")
        train = SharedTraining(self.compose, self.folder / TRAINING)
        found = measure(ranker, self.data, self.seed, model=net, train=train)
        write_method_ranking(self.folder, self.data.info, found.ranking, found.relevance)
        cost = {name: value for name, value in asdict(found).items() if name != "relevance"}
        if isinstance(ranker, ModelRanker):
            of_net = read_json(self.net_folder / COST)
            cost |= {"training_seconds": of_net["seconds"], "training_cpu_seconds": of_net["cpu_seconds"]}
        write_json(self.folder / COST, {"kind": ranker.kind, **cost})

    def score(self) -> None:
        """Score the ranking by everything that was asked for and is not known yet."""
        found = read_method_ranking(self.folder)
        assert found is not None
        ranking, relevance = found
        known = read_json(self.folder / SCORES)
        if "truth" not in known and self.data.info.true_strength is not None:
            truth = compare_with_truth(ranking, relevance, self.data.info.true_strength)
            add_json(self.folder / SCORES, truth=truth)
        self._judge(ranking, self.settings.k)
        net = load_net(self.config, self.data.info, self.net_folder)
        if "curves" not in known and net is not None:
            add_json(self.folder / SCORES, curves=self._curves(net, ranking))
        left = [fraction for fraction in self.settings.fractions if str(fraction) not in known.get("retrained", {})]
        if left:
            scores = remove_and_retrain(self.data, torch.from_numpy(ranking), left, JUDGED_AT, self.seed)
            retrained = {str(fraction): pair._asdict() for fraction, pair in scores.items()}
            add_json(self.folder / SCORES, retrained={**known.get("retrained", {}), **retrained})

    def _judge(self, ranking: Int[np.ndarray, " n_features"], counts: Sequence[int]) -> None:
        judged: dict[str, Any] = read_json(self.folder / SCORES).get("judge", {})
        for k in counts:
            if str(k) not in judged and k <= len(ranking):
                n_epochs = self.settings.judge_epochs
                last = min(JUDGED_AT, n_epochs)
                verdict = judge(self.data, torch.from_numpy(ranking[:k].copy()), n_epochs, at=(last,), seed=self.seed)
                judged[str(k)] = {"score": verdict.score[last], "best_score": verdict.best_score}
                add_json(self.folder / SCORES, judge=judged)

    def _curves(self, net: nn.Module, ranking: Int[np.ndarray, " n_features"]) -> dict[str, Any]:
        info = self.data.info
        curves = insertion_deletion(
            net,
            self.data.test,
            torch.from_numpy(ranking),
            lambda outputs, targets: score_outputs(outputs, targets, info),
            masking_counts(info.n_features),
        )
        areas = {"insertion_area": curves.insertion_area, "deletion_area": curves.deletion_area}
        return {**curves._asdict(), **areas}


def is_complete(folder: Path, method: str, seed: int, settings: ComparisonSettings) -> bool:
    """Tell whether another start would change nothing.

    Args:
        folder: of the comparison.
        method: name of the method, or `NET`.
        seed: the seed.
        settings: of the comparison.

    Returns:
        True if all is scored, or if a time limit stopped it that is no larger now.
    """
    cell = cell_folder(folder, method, seed)
    state, error = state_of(cell)
    if state == TIMED_OUT:
        return error is not None and f"time_limit={settings.time_limit:g} s" in error
    scores = read_json(cell / SCORES)
    if method == NET or state != "done":
        return state == "done"
    asked = {*map(str, settings.k), *map(str, settings.fractions)}
    return asked <= {*scores.get("judge", {}), *scores.get("retrained", {})}
