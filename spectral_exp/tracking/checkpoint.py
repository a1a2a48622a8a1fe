"""Checkpoints: written whole or not at all, read without running anything that is in them."""

import pickle
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.plugins.io import TorchCheckpointIO
from torch.utils._pytree import tree_map

from spectral_exp.errors import UserError
from spectral_exp.tracking.run_folder import CHECKPOINTS, LAST_CHECKPOINT, write_whole


class WholeCheckpointIO(TorchCheckpointIO):
    """Write a checkpoint beside its place and move it there when it is complete.

    Lightning writes in place, so that a kill at the wrong moment would leave nothing to resume from, and by way of a
    copy in memory.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None) -> None:
        save_tensors(Path(path), checkpoint)


def save_tensors(path: Path, content: Any) -> None:
    """Write tensors whole or not at all; those that are views of larger ones without the rest.

    Args:
        path: where the file is to be.
        content: tensors and plain values, in lists and dictionaries.

    Raises:
        OSError: if it cannot be written.
    """

    def own(value: Any) -> Any:
        is_view = (
            type(value) is torch.Tensor and value.untyped_storage().nbytes() > value.numel() * value.element_size()
        )
        return value.clone() if is_view else value

    def write(beside: Path) -> None:
        # Torch says that positions are unexpected, and not that the disk is full; to a file of ours the system says it.
        try:
            with beside.open("wb") as file:
                torch.save(tree_map(own, content), file)
        except RuntimeError as error:
            if isinstance(error.__context__, OSError):
                raise error.__context__ from None
            raise

    write_whole(path, write)


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint; nothing but tensors and plain values is accepted.

    Args:
        path: the file.

    Returns:
        Its content, on the CPU.

    Raises:
        UserError: if it is missing, cut short, or holds anything else.
    """
    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise UserError(f"{path}: there is no such checkpoint; callbacks=default writes it") from error
    except (RuntimeError, EOFError, OSError, pickle.UnpicklingError) as error:
        raise UserError(
            f"{path}: not a whole checkpoint (cut short, or not one of ours); delete it, or take another one"
        ) from error
    return content


def find_checkpoint(
    folder: Path, module: pl.LightningModule, max_epochs: int | None, key: str = "trainer.max_epochs"
) -> Path | None:
    """Find where a run goes on, and make sure that it can.

    Args:
        folder: the run folder.
        module: what is to go on.
        max_epochs: how far; None or -1 for no limit.
        key: where the configuration says how far, for messages.

    Returns:
        The last checkpoint, or None if the run ended before its first.

    Raises:
        UserError: if the checkpoint is cut short, of another network, or further than `max_epochs`.
    """
    last = folder / CHECKPOINTS / LAST_CHECKPOINT
    if not last.exists():
        return None
    checkpoint = read_checkpoint(last)
    n_epochs = checkpoint["epoch"] + 1
    if max_epochs not in (None, -1) and n_epochs > max_epochs:
        raise UserError(f"{key}={max_epochs} is below the {n_epochs} epochs that this run has done")
    now = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    then = {name: tuple(value.shape) for name, value in checkpoint["state_dict"].items()}
    for name in sorted(now.keys() | then.keys()):
        if now.get(name) != then.get(name):
            raise UserError(
                f"{last} is of another network: {name} was {then.get(name, 'absent')}, would be "
                f"{now.get(name, 'absent')}; leave model, size and dataset as they were"
            )
    return last
