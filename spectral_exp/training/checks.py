"""What cannot be trained is refused before it is, and what is not worth it is said."""

import logging
import math
import os
import shutil

import pytorch_lightning as pl
from omegaconf import DictConfig, OmegaConf
from torch.nn.modules.batchnorm import _BatchNorm

from spectral_exp.build import build
from spectral_exp.dataset.loading import DataModule
from spectral_exp.errors import UserError
from spectral_exp.module.spectral_module import SpectralModule
from spectral_exp.regularization.regularization import Regularization
from spectral_exp.run_config import ABSENT, differences
from spectral_exp.settings import Settings
from spectral_exp.tracking.status import is_first_process

log = logging.getLogger(__name__)

TRAINED_BY = (
    "dataset",
    "model",
    "regularization",
    "optimizer",
    "lr_schedule",
    "seed",
    "batch_size",
    "loss",
    "eigenvalue_lr_factor",
    "groups",
    "keep",
)
PLACES = ("path", "data_dir", "max_memory_gb")  # within these: where the same data lies
FEW_STEPS, ENOUGH_STEPS = 100, 150  # with the defaults; measured in docs/decisions/0027-few-steps.md


def check_config(config: DictConfig, settings: Settings) -> None:
    """Refuse what can work on no data, before any is loaded.

    Args:
        config: what `conf/train.yaml` composes to.
        settings: its own values.

    Raises:
        UserError: if a value is out of range, or two do not go together.
    """
    for key in ("lr_schedule", "refit.lr_schedule", "tracking"):
        build(OmegaConf.select(config, key), key)
    regularization: Regularization = build(config.regularization, "regularization")
    if regularization.n_final is not None and settings.final_weights == "best":
        raise UserError("final_weights=best may be from before inputs left; with regularization=path use last")
    if regularization.n_final is not None and settings.compile:
        raise UserError("compile=true would compile anew when inputs leave; with regularization=path leave it false")


def refuse_other_training(before: DictConfig, now: DictConfig) -> None:
    """Refuse to go on with a training by other settings: no configuration would tell what has been trained.

    A key that only one of the two has is of another release, and does not count.

    Args:
        before: what the run was trained with so far.
        now: what it is to go on with.

    Raises:
        UserError: if they differ in what the training depends on.

    Example:
        >>> before = OmegaConf.create({"optimizer": {"lr": 0.1}, "trainer": {"max_epochs": 3}})
        >>> refuse_other_training(before, OmegaConf.create({"optimizer": {"lr": 0.1}, "trainer": {"max_epochs": 9}}))
    """
    plain_before, plain_now = (OmegaConf.to_container(one, resolve=True) for one in (before, now))
    for place, value_before, value in differences(plain_before, plain_now):
        keys = place.split(".")
        if keys[0] in TRAINED_BY and keys[-1] not in PLACES and ABSENT not in (value_before, value):
            raise UserError(
                f"{place}={value}: this run was trained with {value_before}; go on without it, or start a new run "
                "without resume="
            )


def check_path(module: SpectralModule) -> None:
    """Refuse a path that removes no input.

    Args:
        module: with the regularization.

    Raises:
        UserError: if it is to end with as many inputs as there are, or more.
    """
    n_features = module.info.n_features
    n_final = module.regularization.n_final
    if n_final is not None and n_final >= n_features:
        raise UserError(f"regularization.n_final must be below the number of inputs ({n_features}), got {n_final}")


def check_compiler() -> None:
    """Make sure that `torch.compile` can work.

    Raises:
        UserError: if this machine has no C++ compiler.
    """
    if not any(map(shutil.which, (os.environ.get("CXX", "g++"), "clang++"))):
        raise UserError("compile=true needs a C++ compiler (g++ or clang++), and there is none on the PATH")


def check_sharded(module: SpectralModule, trainer: pl.Trainer) -> None:
    """Refuse what needs all parameters on every device, where they are shared out.

    Args:
        module: what is trained.
        trainer: by a `ShardedStrategy`.

    Raises:
        UserError: if the module or the trainer needs them.
    """
    is_normed = any(isinstance(one, _BatchNorm) for one in module.model.modules())
    for what, is_asked in {
        "regularization=path does": module.regularization.n_final is not None,
        "trainer.gradient_clip_val does": trainer.gradient_clip_val is not None,
        "batch norms do": is_normed,
    }.items():
        if is_asked:
            raise UserError(f"{what} not work with trainer=fsdp; take trainer=ddp")


def warn_of_few_steps(trainer: pl.Trainer, loaders: DataModule) -> None:
    """Say that a training is too short to tell inputs apart, as happens with few rows.

    Args:
        trainer: says how many epochs there will be.
        loaders: of the rows.
    """
    n_rows = len(loaders.data.train)
    per_epoch = math.ceil(n_rows / loaders.batch_size)
    n_steps = per_epoch * (trainer.max_epochs or 0)
    if 0 < n_steps < FEW_STEPS and is_first_process():
        log.warning(
            f"{n_rows} training rows make only {n_steps} steps, in which inputs that do not matter hardly fade: "
            f"add trainer.max_epochs={math.ceil(ENOUGH_STEPS / per_epoch)}"
        )
