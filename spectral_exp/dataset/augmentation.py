"""Random changes of training rows, such as crops and flips of images."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor


class Augmentation:
    """Change training rows by transforms of `torchvision.transforms.v2`, on the device where they lie.

    Such a transform draws once per call, so a batch is handed to it in pieces of `n_together` rows. What it draws
    depends on the seed, the epoch and the batch alone: a resumed run draws the same.

    Args:
        transforms: name to transform, in the order in which they act; they must keep the shape.
        n_together: how many rows share a draw; 1 is best for the model, more are faster on a GPU.

    Raises:
        ValueError: if there is no transform, or rows together are less than 1.
    """

    def __init__(self, transforms: Mapping[str, Callable[[Tensor], Tensor]], n_together: int = 1) -> None:
        if not transforms:
            raise ValueError("transforms must hold at least one transform, got none")
        if n_together < 1:
            raise ValueError(f"n_together must be >= 1, got {n_together}")
        self.transforms = dict(transforms)
        self.n_together = n_together

    def __call__(self, rows: Float[Tensor, "n_rows *shape"], seed: Sequence[int]) -> Float[Tensor, "n_rows *shape"]:
        """Change rows.

        Args:
            rows: rows as they are stored.
            seed: fixes what is drawn.

        Returns:
            The changed rows.

        Raises:
            ValueError: if a transform changes the shape.
        """
        state = np.random.SeedSequence(seed).generate_state(1, np.uint64)
        with torch.random.fork_rng(devices=[rows.device] if rows.device.type == "cuda" else []):
            torch.manual_seed(int(state[0]))
            return torch.cat([self._change(piece) for piece in torch.split(rows, self.n_together)])

    def _change(self, rows: Tensor) -> Tensor:
        for name, transform in self.transforms.items():
            shape = rows.shape
            rows = transform(rows)
            if rows.shape != shape:
                raise ValueError(
                    f"augmentation {name} turns rows of shape {tuple(shape[1:])} into {tuple(rows.shape[1:])}, but "
                    "must keep the shape"
                )
        return rows
