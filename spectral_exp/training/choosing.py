"""Which inputs a trained net keeps: by the relevance alone, or by its scores with every number of inputs."""

from typing import Any

import torch
from jaxtyping import Bool
from omegaconf import DictConfig
from torch import Tensor

from spectral_exp.collectives import copy_from_first_rank
from spectral_exp.dataset.data import Data
from spectral_exp.dataset.groups import find_kept
from spectral_exp.errors import UserError
from spectral_exp.functional.blocks import whole_blocks
from spectral_exp.selection.curve_selection import Choice, CurveSelection
from spectral_exp.selection.selection import Selection
from spectral_exp.selection.top_k import TopK
from spectral_exp.settings import Settings
from spectral_exp.training.training import Training
from spectral_exp.training.validation_curve import validation_curve


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
        choice = selection.choose(validation_curve(config, training, data, selection))
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
