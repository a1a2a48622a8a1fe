"""Checkpoints: written whole or not at all, read without running anything that is in them."""

import pickle
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning.plugins.io import TorchCheckpointIO

from spectral_exp.errors import UserError
from spectral_exp.tracking.run_folder import CHECKPOINTS, LAST_CHECKPOINT, write_whole


class WholeCheckpointIO(TorchCheckpointIO):
    """Write a checkpoint beside its place and move it there when it is complete.

    Lightning writes in place, so that a kill at the wrong moment would leave nothing to resume from.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None) -> None:
        write_whole(Path(path), lambda beside: super(WholeCheckpointIO, self).save_checkpoint(checkpoint, beside))


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


def find_checkpoint(folder: Path) -> Path | None:
    """Find where a run goes on.

    Args:
        folder: the run folder.

    Returns:
        The last checkpoint, or None if the run ended before its first.

    Raises:
        UserError: if it is cut short.
    """
    last = folder / CHECKPOINTS / LAST_CHECKPOINT
    if not last.exists():
        return None
    read_checkpoint(last)
    return last
