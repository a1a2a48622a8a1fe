"""Which runs can be trained as one batch of networks, and how many of them at once."""

import json
from collections.abc import Iterable
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint
from torch import Tensor
from torch.nn.modules.dropout import _DropoutNd

from spectral_exp.dataset.data import Data, Part
from spectral_exp.layer.spectral_layer import SpectralLayer
from spectral_exp.layer.spectral_linear import SpectralLinear
from spectral_exp.members.dropout import DROPOUTS
from spectral_exp.run import OpenRun
from spectral_exp.tracking.console import TrainingProgress
from spectral_exp.tracking.path_weights import PathWeights
from spectral_exp.tracking.recorder import Recorder

# What may differ within a batch: it moves numbers, and no shapes.
FREE_KEYS = (
    "seed",
    "name",
    "eigenvalue_lr_factor",
    "lr_schedule",
    "optimizer",
    "selection",
    "logger",
    "outputs",
    "resume",
)
FREE_IN_GROUPS = {
    "dataset": ("seed", "data_seed", "fold"),
    "regularization": ("strength", "eigenvector_strength", "schedule"),
}
TRAINER_KEYS = {
    *("_target_", "max_epochs", "accelerator", "devices", "precision", "deterministic"),
    *("gradient_clip_val", "gradient_clip_algorithm"),
}
PRECISIONS = ("32-true", "bf16-mixed")
SEPARABLE = (torch.optim.Adam, torch.optim.AdamW, torch.optim.SGD)  # a step of a stack is the steps of its parts
COPIES_OF_PARAMETERS = 6  # with gradients, Adam's two moments, what a step makes, and the best so far
COPIES_OF_ACTIVATIONS = 4


def batch_key(config: DictConfig) -> str:
    """Describe what runs must have in common to be trained together, as far as a configuration says.

    Args:
        config: what `conf/train.yaml` composes to.

    Returns:
        The same text for the same.
    """
    content: Any = OmegaConf.to_container(config, resolve=True)
    for key in FREE_KEYS:
        content.pop(key, None)
    for group, keys in FREE_IN_GROUPS.items():
        content[group] = {key: value for key, value in content[group].items() if key not in keys}
    return json.dumps(content, sort_keys=True)


def data_key(config: DictConfig) -> str:
    """Describe what the data of a run depend on.

    Args:
        config: what `conf/train.yaml` composes to.

    Returns:
        The same text for the same data.
    """
    about: Any = OmegaConf.to_container(OmegaConf.masked_copy(config, ["dataset", "groups", "model"]), resolve=True)
    return json.dumps(about, sort_keys=True)


def why_alone(run: OpenRun) -> str | None:
    """Tell why a run cannot be trained with others.

    Args:
        run: put together.

    Returns:
        What is in the way, in words; None if nothing is.
    """
    training = run.training
    module, trainer, layer = training.module, training.trainer, training.module.input_layer
    optimizer, _ = module.make_optimizer(1, dict(module.named_parameters()))
    others = [type(one).__name__ for one in trainer.callbacks if not _is_known(one)]  # type: ignore[attr-defined]
    keys = set(run.config.trainer) - TRAINER_KEYS
    removes = module.regularization.n_final is not None
    is_bound = isinstance(layer, SpectralLayer) and (
        layer.columns.groups is not None or layer.columns.always_kept is not None
    )
    obstacles = {
        f"trainer.{', '.join(sorted(map(str, keys)))}": bool(keys),
        f"trainer.precision={trainer.precision}": trainer.precision not in PRECISIONS,
        "compile=true": training.settings.compile,
        "several devices": trainer.world_size > 1,
        f"callbacks: {', '.join(others)}": bool(others),
        f"optimizer: {type(optimizer).__name__}": not isinstance(optimizer, SEPARABLE),
        "rows that are streamed or sparse": not isinstance(run.data.train, Part),
        "regularization=group": module.regularization.is_proximal,
        "regularization=path with groups or keep": removes and is_bound,
        "regularization=path behind a backbone": removes and module.info.unit == "activation",
        f"regularization=path in a {type(layer).__name__}": removes and not isinstance(layer, SpectralLinear),
        "a dropout of whole channels": any(
            isinstance(one, _DropoutNd) and type(one) not in DROPOUTS for one in module.model.modules()
        ),
    }
    return next((reason for reason, is_there in obstacles.items() if is_there), None)


def shape_key(run: OpenRun) -> tuple[Any, ...]:
    """Describe the shapes that networks and rows of a batch have in common.

    Args:
        run: put together.

    Returns:
        Equal for those that can be stacked.
    """
    tensors = (*run.training.module.named_parameters(), *run.training.module.named_buffers())
    shapes = tuple((name, tuple(tensor.shape), tensor.requires_grad) for name, tensor in tensors)
    data = run.data
    return shapes, len(data.train), tuple(data.train.inputs.shape[1:]), len(data.val), data.info.n_outputs


def bytes_of_data(parts: Iterable[Data]) -> int:
    """Add up what data sets take.

    Args:
        parts: data sets that lie in memory; others are no matter.

    Returns:
        Bytes.
    """
    rows = (part for data in parts for part in (data.train, data.val, data.test))
    return sum(_bytes_of(part.inputs) for part in rows if isinstance(part, Part))


@torch.no_grad()
def bytes_of_network(run: OpenRun) -> int:
    """Estimate what training a network takes in a batch, its rows aside.

    Args:
        run: put together.

    Returns:
        Bytes.
    """
    model, sizes = run.training.module.model, list[int]()
    if not isinstance(run.data.train, Part):
        return 0
    hooks = [
        one.register_forward_hook(lambda *about: sizes.append(_bytes_of(about[2])))
        for one in model.modules()
        if not list(one.children())
    ]
    rows = run.data.train.inputs[:1].cpu()
    was_training = model.training
    model.eval()(rows)
    model.train(was_training)
    for hook in hooks:
        hook.remove()
    per_row = 2 * _bytes_of(rows) + COPIES_OF_ACTIVATIONS * sum(sizes)
    parameters = sum(_bytes_of(one) for one in model.parameters())
    return COPIES_OF_PARAMETERS * parameters + run.training.settings.batch_size * per_row


def _bytes_of(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()


def _is_known(callback: Any) -> bool:
    if type(callback) is ModelCheckpoint:
        return bool(callback.save_top_k == 1 and callback._every_n_epochs == 1 and not callback._every_n_train_steps)
    return type(callback) in (Recorder, TrainingProgress, PathWeights, EarlyStopping)
