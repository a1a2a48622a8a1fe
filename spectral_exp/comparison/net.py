"""The trainings of a comparison: one architecture, one budget, one order of batches for all nets."""

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from omegaconf import DictConfig
from torch import Tensor, nn

from spectral_exp.build import INSTRUCTIONS, build, build_model, find_target
from spectral_exp.dataset.data import Data
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.layer.spectral_layer import SpectralLayer
from spectral_exp.model.dense_mlp import DenseMLP
from spectral_exp.model.spectral_mlp import SpectralMLP
from spectral_exp.module.spectral_module import SpectralModule
from spectral_exp.regularization.none import NoRegularization
from spectral_exp.settings import read_settings
from spectral_exp.tracking.checkpoint import save_tensors
from spectral_exp.tracking.comparison_folder import NET_WEIGHTS
from spectral_exp.training.training import changed, prepare_training

Compose = Callable[[Sequence[str]], DictConfig]


class SharedTraining:
    """Train what a `TrainingRanker` asks for, under the budget that all nets of a comparison share.

    Args:
        compose: from overrides to the configuration of a training; knows those that all share.
        folder: where checkpoints and history of the training go.
    """

    def __init__(self, compose: Compose, folder: Path) -> None:
        self.compose = compose
        self.folder = folder

    def __call__(
        self, overrides: Sequence[str], data: Data, seed: int
    ) -> tuple[SpectralLayer, Float[Tensor, "*n_functions n_features"] | None]:
        """Train; see `Train`.

        Args:
            overrides: what differs from the shared training.
            data: the data set.
            seed: fixes the start and the order of batches.

        Returns:
            The trained input layer, and the standard deviation of its columns.
        """
        module = fit(fitting(self.compose([*overrides, f"seed={seed}"]), overrides), data, self.folder)
        return module.spectral_input_layer, module.input_scale


def fit(config: DictConfig, data: Data, folder: Path) -> SpectralModule:
    """Train a net.

    Args:
        config: what `conf/train.yaml` composes to.
        data: the data set.
        folder: where checkpoints and history go.

    Returns:
        The trained module, on the CPU.
    """
    training = prepare_training(config, read_settings(config), folder, data, build(config.selection, "selection"))
    training.fit(None)
    return training.module.cpu()


def fitting(config: DictConfig, overrides: Sequence[str]) -> DictConfig:
    """Leave out what the shared recipe sets of a part that a method replaces, where the replacement does not take it.

    A recipe with `model.basis`, say, goes on to hold for the methods that have a spectral layer.

    Args:
        config: what `conf/train.yaml` composes to with `overrides`.
        overrides: of the method; `GROUP=OPTION` replaces a part.

    Returns:
        The same without values that nothing could take.
    """
    nodes = {key: config.get(key) for key in (text.partition("=")[0] for text in overrides)}
    parts = {key: node for key, node in nodes.items() if isinstance(node, DictConfig) and "_target_" in node}
    return changed(config, **{key: _what_it_takes(node, node["_target_"]) for key, node in parts.items()})


def plain(config: DictConfig) -> DictConfig:
    """Turn the configuration of a training into that of the net which other methods explain.

    Args:
        config: what `conf/train.yaml` composes to.

    Returns:
        The same without a penalty; a spectral perceptron becomes a dense one with the same layers, without a basis.
    """
    model = config.model
    if issubclass(find_target(model["_target_"], "model"), SpectralMLP):  # type: ignore[arg-type]
        model = _what_it_takes(model, _path_of(DenseMLP))
    return changed(config, model=model, regularization={"_target_": _path_of(NoRegularization)})


def save_net(module: SpectralModule, cell: Path) -> None:
    """Store the weights of the net that methods explain.

    Args:
        module: the trained module.
        cell: the folder of the net with one seed.
    """
    save_tensors(cell / NET_WEIGHTS, module.model.state_dict())


def load_net(config: DictConfig, info: DatasetInfo, cell: Path) -> nn.Module | None:
    """Load the net that methods explain.

    Args:
        config: what `conf/train.yaml` composes to, before `plain`.
        info: what the inputs and the target are.
        cell: the folder of the net with one seed.

    Returns:
        The net in evaluation mode; None if it was not trained.
    """
    if not (cell / NET_WEIGHTS).is_file():
        return None
    net = build_model(plain(config).model, info)
    net.load_state_dict(torch.load(cell / NET_WEIGHTS, weights_only=True))
    return net.eval()


def _what_it_takes(node: DictConfig, target: str) -> dict[str, Any]:
    """Keep the keywords of a class or function, and what is Hydra's."""
    known = {*inspect.signature(find_target(target, "_target_")).parameters, *INSTRUCTIONS}
    return {str(name): value for name, value in node.items() if name in known} | {"_target_": target}


def _path_of(target: type) -> str:
    return f"{target.__module__}.{target.__qualname__}"
