"""What the steps of an epoch cost, looked at many steps at a time: no step waits for the device to know its loss."""

import torch
from jaxtyping import Float
from torch import Tensor

NONE = -1  # in place of a step


class StepLosses:
    """Losses and penalties of the steps of one epoch, and their means over its rows.

    Args:
        device: where they are computed.

    Attributes:
        n_rows: of the steps that were looked at.
    """

    def __init__(self, device: torch.device) -> None:
        self.n_rows = 0
        self._sums = torch.zeros(2, device=device)  # over the rows, of loss and penalty
        self._unseen: list[tuple[Tensor, Tensor, int, int]] = []

    def add(self, loss: Float[Tensor, ""], penalty: Float[Tensor, ""], step: int, n_rows: int) -> None:
        """Note a step; nothing is computed yet.

        Args:
            loss: mean over the rows, without the penalty.
            penalty: of this step.
            step: the training step.
            n_rows: how many rows it was.
        """
        self._unseen.append((loss.detach(), penalty.detach(), step, n_rows))

    def look(self) -> int:
        """Add up the steps since the last look.

        Returns:
            The first one whose loss or penalty is NaN or infinite; `NONE` if there is none.
        """
        losses, penalties, steps, n_rows = zip(*self._unseen, strict=True)
        self._unseen = []
        values = torch.stack([torch.stack(losses).float(), torch.stack(penalties).float()])
        self._sums += values @ torch.tensor(n_rows, dtype=values.dtype, device=values.device)
        self.n_rows += sum(n_rows)
        is_finite = torch.isfinite(values).all(dim=0).tolist()
        return next((step for step, is_good in zip(steps, is_finite, strict=True) if not is_good), NONE)

    def means(self) -> tuple[Tensor, Tensor]:
        """Give the means over all rows that were looked at.

        Returns:
            Of the loss and of the penalty.
        """
        loss, penalty = self._sums / self.n_rows
        return loss, penalty
