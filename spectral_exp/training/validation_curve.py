"""The validation score of a training with every number of inputs: along the path, by masking, or over folds."""

import logging
import math
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import torch
from omegaconf import DictConfig, OmegaConf

from spectral_exp.dataset.data import Data
from spectral_exp.dataset.splitting import fold_rows
from spectral_exp.evaluation.masking import masking_counts
from spectral_exp.evaluation.task_metrics import validation_metrics
from spectral_exp.module.spectral_module import SpectralModule
from spectral_exp.run_config import write_config
from spectral_exp.selection.curve_selection import CurveSelection, ScoreCurve
from spectral_exp.selection.nonzero import Nonzero
from spectral_exp.selection.top_k import TopK
from spectral_exp.tracking.path_curve import read_path_curve
from spectral_exp.tracking.results import read_selection_curve, write_selection_curve
from spectral_exp.tracking.run_folder import CONFIG, FOLDS, METRICS_HISTORY, SELECTION_CURVE
from spectral_exp.training.ranked_inputs import masking_scores
from spectral_exp.training.training import Training, changed, prepare_training

log = logging.getLogger(__name__)

COUNTS_PER_DECADE = 40


def validation_curve(config: DictConfig, training: Training, data: Data, selection: CurveSelection) -> ScoreCurve:
    """Score every number of inputs on validation rows, and write the curve into the run folder.

    Args:
        config: what `conf/train.yaml` composes to; the folds train by it.
        training: the training, which is over.
        data: the data set.
        selection: says how many folds.

    Returns:
        The scores on the run's own validation rows, or their mean over the folds.
    """
    if selection.folds:
        curve = _mean_over(list(_fold_curves(config, training, data, selection)))
    else:
        curve = _own_curve(training, data)
    if training.trainer.is_global_zero:
        write_selection_curve(training.folder, curve)
    return curve


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
    points = masking_scores(module, data.val, order, counts, validation_metrics)
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
    write_config(folder, config)


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
