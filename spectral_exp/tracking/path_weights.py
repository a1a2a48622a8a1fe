"""The weights at every number of inputs on the way from all to few, for whoever goes on from one of them."""

from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from jaxtyping import Bool
from torch import Tensor

from spectral_exp.tracking.checkpoint import read_checkpoint, save_tensors
from spectral_exp.tracking.run_folder import PATH_CHECKPOINTS


class PathWeights(pl.Callback):
    """Keep the weights of the last epoch that ended with each number of inputs, if inputs leave at all.

    Args:
        folder: the run folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        if not trainer.is_global_zero:
            return
        n_kept = _n_kept(pl_module)
        for path in _files(self.folder):  # of epochs that a resumed run does once more
            if int(path.stem) < n_kept:
                path.unlink()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        if pl_module.regularization.n_final is None or not trainer.is_global_zero:
            return
        content = {"state_dict": pl_module.state_dict(), "mask": pl_module.spectral_input_layer.mask}
        path = self.folder / PATH_CHECKPOINTS / f"{_n_kept(pl_module)}.ckpt"
        save_tensors(path, content)


def read_path_weights(folder: Path, mask: Bool[Tensor, " n_features"]) -> dict[str, Tensor] | None:
    """Read the weights from when the fewest inputs were left that include some.

    Args:
        folder: the run folder.
        mask: the inputs that must not have been removed yet.

    Returns:
        The state dict of the module, or None if there was no such moment, or it was not kept.
    """
    for path in _files(folder):
        content = read_checkpoint(path)
        if not bool((mask.cpu() & ~content["mask"]).any()):
            state: dict[str, Tensor] = content["state_dict"]
            return state
    return None


def _files(folder: Path) -> list[Path]:
    return sorted((folder / PATH_CHECKPOINTS).glob("[0-9]*.ckpt"), key=lambda path: int(path.stem))


def _n_kept(module: Any) -> int:
    return int(module.spectral_input_layer.mask.sum())
