"""Which inputs a trained net keeps: by the relevance alone, or by its scores with every number of inputs."""

import logging
import math
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool
from omegaconf import DictConfig, OmegaConf
from torch import Tensor

from spectral_exp.collectives import copy_from_first_rank
from spectral_exp.dataset.data import Data
from spectral_exp.dataset.groups import find_kept
from spectral_exp.dataset.splitting import fold_rows
from spectral_exp.errors import UserError
from spectral_exp.evaluation.masking import masking_counts
from spectral_exp.functional.blocks import whole_blocks
from spectral_exp.module import SpectralModule, validation_metrics
from spectral_exp.ranked_inputs import masking_scores
from spectral_exp.selection.curve_selection import Choice, CurveSelection, ScoreCurve
from spectral_exp.selection.nonzero import Nonzero
from spectral_exp.selection.selection import Selection
from spectral_exp.selection.top_k import TopK
from spectral_exp.settings import Settings
from spectral_exp.tracking.path_curve import read_path_curve
from spectral_exp.tracking.results import read_selection_curve, write_selection_curve
from spectral_exp.tracking.run_folder import CONFIG, FOLDS, METRICS_HISTORY, SELECTION_CURVE
from spectral_exp.training import Training, changed, prepare_training

log = logging.getLogger(__name__)

COUNTS_PER_DECADE = 40


def check_selection(selection: Selection, settings: Settings, data: Data) -> None:
    """Refuse a selection that cannot hold for this data, before any training.

    Args:
        selection: the rule.
        settings: the config's own values.
        data: the data set.

    Raises:
        UserError: if it cannot.
    """
    always_kept = torch.from_numpy(find_kept(settings.keep, data.info))
    groups = None if data.info.group_numbers is None else torch.tensor(data.info.group_numbers)
    try:
        selection.check(data.info.n_features, int(whole_blocks(always_kept, groups).sum()))
    except ValueError as error:
        raise UserError(f"selection.{error}") from error
    n_folds = selection.folds if isinstance(selection, CurveSelection) else 0
    if not n_folds:
        return
    targets = torch.cat([data.train.targets, data.val.targets])
    is_class = data.info.task == "classification"
    most = int(targets.bincount(minlength=data.info.n_outputs).min()) if is_class else len(targets)
    if n_folds > most:
        what = "rows of the rarest class" if is_class else "rows"
        raise UserError(f"selection.folds must be at most {most}, the training and validation {what}, got {n_folds}")


def choose_inputs(
    config: DictConfig, training: Training, data: Data, selection: Selection
) -> tuple[Bool[Tensor, " n_features"], Choice | None]:
    """Select inputs of a trained net; a selection that looks at scores gets them, and they are written down.

    Args:
        config: what `conf/train.yaml` composes to; the folds train by it.
        training: the training, which is over.
        data: the data set.
        selection: the rule.

    Returns:
        The mask, and how the number of inputs was chosen, if by scores.
    """
    layer, scale = training.module.spectral_input_layer, training.module.input_scale
    choice = None
    if isinstance(selection, CurveSelection):
        if selection.folds:
            curve = _mean_over(list(_fold_curves(config, training, data, selection)))
        else:
            curve = _own_curve(training, data)
        if training.trainer.is_global_zero:
            write_selection_curve(training.folder, curve)
        choice = selection.choose(curve)
        selection = TopK(choice.k)
    mask = selection.select(layer, scale)
    copy_from_first_rank([mask])
    return mask, choice


def choice_metrics(choice: Choice, metric: str) -> dict[str, Any]:
    """Lay a choice out for `metrics.json`, with the rule as a sentence.

    Args:
        choice: the choice.
        metric: the score in words, such as "validation accuracy".

    Returns:
        Plain values by name.
    """
    return {
        "selection/score": choice.score,
        "selection/best_score": choice.best_score,
        "selection/best_k": choice.best_k,
        "selection/standard_error": choice.standard_error,
        "selection/rule": f"{choice.k} is the smallest number of inputs whose {metric} ({choice.score:.4g}) is within "
        f"one standard error ({choice.standard_error:.2g}) of the best ({choice.best_score:.4g}, {choice.best_k} "
        f"input{'s' * (choice.best_k != 1)})",
    }


def _own_curve(training: Training, data: Data) -> ScoreCurve:
    """Scores on the validation rows: along the path, or with all but the top inputs masked."""
    # Along a path every number of inputs is seen at one moment of training: the score dips after a removal and swings
    # from epoch to epoch. The median of three neighbours takes out a single dip or lucky spike and leaves a steady
    # rise as it is. A monotone envelope (the best score with at most k inputs) would not change the smallest k.
    training.trainer.strategy.barrier()  # the history is the first rank's
    history = training.folder / METRICS_HISTORY
    is_path = training.module.regularization.n_final is not None
    path = read_path_curve(history) if is_path and history.is_file() else None
    if path is not None and not any(math.isnan(point.standard_error) for point in path.points):
        counts, scores, errors = (
            [getattr(point, name) for point in path.points] for name in ("n_kept", "score", "standard_error")
        )
    else:
        counts, scores, errors = _masking_curve(training.module, data)
    is_higher_better = data.info.task == "classification"
    return ScoreCurve(counts, median_of_three(scores), errors, is_higher_better)


def _masking_curve(module: SpectralModule, data: Data) -> tuple[list[int], list[float], list[float]]:
    layer, scale = module.spectral_input_layer, module.input_scale
    order = layer.columns.always_kept_first(layer.ranking(scale))
    counts = masking_counts(data.info.n_features, per_decade=COUNTS_PER_DECADE)
    # So many as can be selected: in whole groups, with those that are always kept, and none that is exactly zero.
    n_nonzero = max(int(Nonzero().select(layer, scale).sum()), 1)
    counts = sorted({int(TopK(min(count, n_nonzero)).select(layer, scale).sum()) for count in counts} | {counts[-1]})
    metrics = validation_metrics(data.info, is_synced=False)
    points = masking_scores(module, data.val, order, counts, metrics)
    score = "accuracy" if data.info.task == "classification" else "mae"
    return counts, [point[score] for point in points], [point["standard_error"] for point in points]


def median_of_three(values: Sequence[float]) -> list[float]:
    """Smooth a sequence by the median of every value and its two neighbours; the ends stay as they are.

    Args:
        values: any number of values.

    Returns:
        As many.

    Example:
        >>> median_of_three([1.0, 2.0, 0.5, 3.0, 9.0, 4.0])
        [1.0, 1.0, 2.0, 3.0, 4.0, 4.0]
    """
    inner = [median(values[at - 1 : at + 2]) for at in range(1, len(values) - 1)]
    return [*values[:1], *inner, *values[-1:]] if len(values) > 1 else list(values)


def _fold_curves(config: DictConfig, training: Training, data: Data, selection: CurveSelection) -> Iterator[ScoreCurve]:
    """Train once per fold, in a folder of its own; a fold that is done is read, one that was killed goes on."""
    folder = training.folder / FOLDS
    fold_config = changed(config, logger={}, resume=None)
    if training.trainer.is_global_zero:
        _empty_if_other(folder, fold_config)
    training.trainer.strategy.barrier()
    for fold, fold_data in enumerate(folds_of(data, selection.folds, training.settings.seed), start=1):
        own = folder / str(fold)
        if not (own / SELECTION_CURVE).is_file():
            log.info(f"Fold {fold} of {selection.folds}")
            fold_training = prepare_training(fold_config, training.settings, own, fold_data, selection)
            fold_training.fit(fold_training.find_checkpoint())
            curve = _own_curve(fold_training, fold_data)
            if training.trainer.is_global_zero:
                write_selection_curve(own, curve)
            training.trainer.strategy.barrier()
        yield read_selection_curve(own)


def _empty_if_other(folder: Path, config: DictConfig) -> None:
    """Start the folds anew if what is there comes from another configuration."""
    path = folder / CONFIG
    if path.is_file() and OmegaConf.load(path) == config:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    OmegaConf.save(config, path)


def folds_of(data: Data, n_folds: int, seed: int) -> Iterator[Data]:
    """Deal training and validation rows to folds, each class in proportion; each fold is validation once.

    Args:
        data: the data set; its scaling stays as it is.
        n_folds: how many.
        seed: fixes the folds.

    Yields:
        The data with other training and validation rows.
    """
    rows = data.train.joined(data.val)
    classes = rows.targets.numpy() if data.info.task == "classification" else None
    for val in fold_rows(len(rows), n_folds, seed, classes):
        train = np.setdiff1d(np.arange(len(rows)), val)
        first, second = (rows.take(torch.from_numpy(chosen)) for chosen in (train, val))
        yield replace(data, train=first, val=second)


def _mean_over(curves: Sequence[ScoreCurve]) -> ScoreCurve:
    """The mean of the folds' scores and its standard error, at the counts of the first one that all have reached."""
    # Between two counts of a fold its score is read off on a logarithmic axis.
    lowest, highest = max(curve.n_kept[0] for curve in curves), min(curve.n_kept[-1] for curve in curves)
    counts = [count for count in curves[0].n_kept if lowest <= count <= highest]
    scores = np.array([np.interp(np.log(counts), np.log(curve.n_kept), curve.score) for curve in curves])
    errors = scores.std(axis=0, ddof=1) / math.sqrt(len(curves))
    return ScoreCurve(counts, scores.mean(axis=0).tolist(), errors.tolist(), curves[0].is_higher_better)
