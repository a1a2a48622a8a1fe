"""The refit: training goes on with the selected inputs alone and without a penalty, from the weights it had reached."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Bool
from omegaconf import DictConfig
from torch import Tensor

from spectral_exp.dataset.data import Data
from spectral_exp.errors import UserError
from spectral_exp.layer.spectral_layer import SpectralLayer
from spectral_exp.module.spectral_module import SpectralModule
from spectral_exp.selection.nonzero import Nonzero
from spectral_exp.settings import Settings
from spectral_exp.tracking.checkpoint import read_checkpoint, save_tensors
from spectral_exp.tracking.path_weights import read_path_weights
from spectral_exp.tracking.run_folder import REFIT
from spectral_exp.training.training import Training, changed, prepare_training

START = "start.ckpt"


def check_refit(module: SpectralModule) -> None:
    """Refuse a refit that cannot be, before any training.

    Args:
        module: what will be trained.

    Raises:
        UserError: if its input layer is a plain one, which cannot leave inputs out.
    """
    if not isinstance(module.input_layer, SpectralLayer):
        name = type(module.model).__name__
        raise UserError(f"refit.epochs: {name} cannot leave inputs out; take model=spectral_mlp, or refit.epochs=0")


def refit(
    config: DictConfig,
    settings: Settings,
    training: Training,
    data: Data,
    mask: Bool[Tensor, " n_features"],
) -> tuple[SpectralModule, dict[str, Any]]:
    """Train on with the selected inputs alone, in `refit/` of the run folder.

    Everything is as in the training before, but for the penalty (none), the inputs that were not selected (out of
    the layer and the rows for good) and the learning rate, which follows `refit.lr_schedule` from the same base.
    An earlier refit in the folder goes on if it started from the same weights and inputs, else it is done anew.

    Args:
        config: what `conf/train.yaml` composes to.
        settings: its own values.
        training: the training, which is over.
        data: the data set.
        mask: the selected inputs, at least one.

    Returns:
        The refitted module, and metrics: `before_refit/...` of the selected inputs, epochs and seconds.

    Raises:
        UserError: if inputs were selected whose weights are gone.
    """
    start = _weights_with(training, mask)
    refit_config = changed(
        config,
        regularization={"_target_": "spectral_exp.regularization.none.NoRegularization"},
        lr_schedule=settings.refit.lr_schedule,
        trainer__max_epochs=settings.refit.epochs,
        trainer__max_steps=-1,
    )
    folder = training.folder / REFIT
    again = prepare_training(refit_config, settings, folder, data, Nonzero())
    again.module.load_state_dict(start)
    layer = again.module.spectral_input_layer
    layer.drop(~mask.to(layer.dropped_at.device), step=training.trainer.global_step)
    if training.trainer.is_global_zero:
        _empty_if_other(folder, again.module.state_dict())
    again.trainer.strategy.barrier()
    before = again.scores(again.module)
    seconds = again.fit(again.find_checkpoint("refit.epochs"))
    return again.module, {
        **{f"before_refit/{name}": score for name, score in before.items()},
        "refit_epochs": again.trainer.current_epoch,
        "refit_seconds": seconds,
    }


def _weights_with(training: Training, mask: Bool[Tensor, " n_features"]) -> Mapping[str, Tensor]:
    """The last weights that the selected inputs had all together: of the end, or of a moment on the path."""
    layer = training.module.spectral_input_layer
    if bool(layer.mask[mask].all()):
        return training.module.state_dict()
    state = read_path_weights(training.folder, mask)
    if state is None:
        raise UserError(
            f"refit.epochs: {int(mask.sum())} inputs are selected and {int(layer.mask.sum())} are left; weights from "
            "when more were left are kept by runs that start with refit.epochs > 0: train again, or select fewer"
        )
    return state


def _empty_if_other(folder: Path, start: dict[str, Tensor]) -> None:
    """Start the refit anew if what is there began with other weights or inputs."""
    path = folder / START
    if path.is_file():
        earlier = read_checkpoint(path)["state_dict"]
        if earlier.keys() == start.keys() and all(torch.equal(earlier[name], start[name].cpu()) for name in start):
            return
    shutil.rmtree(folder, ignore_errors=True)
    save_tensors(path, {"state_dict": start})
