"""One run from all inputs to few: the order in which they leave continues the ranking."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.optim import Optimizer

from spectral_exp.collectives import copy_from_first_rank
from spectral_exp.layer.spectral_layer import SpectralLayer
from spectral_exp.regularization.l1 import L1
from spectral_exp.regularization.schedule.schedule import Schedule

# A removal copies the layer, so it waits until this share of the inputs is due.
SHARE_WORTH_A_COPY = 0.05


class Path(L1):
    r"""Press eigenvalues down by L1, and remove the least relevant inputs while the net trains on.

    The number of inputs falls geometrically from all to `n_final` between `start` and `end` of training. A
    removed input leaves the computation for good: the run gets faster as it goes, and its weight is exactly zero.
    Going from dense to sparse keeps inputs that matter only together, which have no gradient at zero.

    Where the relevance of an input depends on which others are kept, as where neighbours fill gaps, those that are due
    leave in rounds, and the rest of them is looked at anew.

    A group leaves whole: the number may fall short of the schedule by less than one group, but never of `n_final`.
    Inputs that are always kept count, and stay.

    Args:
        strength: factor of sum_j |lambda_j| in the loss, >= 0.
        schedule: makes the strength a function of training progress.
        n_final: number of inputs that are kept to the end.
        start: share of training after which removal begins.
        end: share of training after which removal is over, and the net settles on what is left.

    Raises:
        ValueError: if a value is out of range.

    Example:
        >>> from spectral_exp.regularization.schedule.constant import Constant
        >>> path = Path(0.01, Constant(), n_final=10, start=0.1, end=0.9)
        >>> [path.n_kept_at(progress, n_features=1000) for progress in (0.0, 0.1, 0.5, 0.9, 1.0)]
        [1000, 1000, 100, 10, 10]
    """

    n_final: int

    def __init__(
        self, strength: float, schedule: Schedule, n_final: int = 10, start: float = 0.1, end: float = 0.9
    ) -> None:
        super().__init__(strength, schedule)
        if n_final < 1:
            raise ValueError(f"n_final must be >= 1, got {n_final}")
        if not 0 <= start < end <= 1:
            raise ValueError(f"start and end must be shares of training with start < end, got {start} and {end}")
        self.n_final = n_final
        self.start = start
        self.end = end

    def n_kept_at(self, progress: float, n_features: int) -> int:
        """Compute how many inputs are to be kept at a moment of training.

        Args:
            progress: share of the training steps that are done, in [0, 1].
            n_features: number of inputs at the start.

        Returns:
            The number, from `n_final` to `n_features`.
        """
        if n_features <= self.n_final:
            return n_features
        way = min(max((progress - self.start) / (self.end - self.start), 0.0), 1.0)
        # The rounding keeps 10.000000000000002 from becoming 11.
        return math.ceil(round(n_features * (self.n_final / n_features) ** way, 9))

    def acts_after_step(self, layer: SpectralLayer, progress: float) -> bool:
        n_leaving = layer.n_kept - self.n_kept_at(progress, layer.in_features)
        is_last = layer.n_kept - n_leaving == self.n_final
        return n_leaving > 0 and (is_last or n_leaving >= SHARE_WORTH_A_COPY * layer.n_kept)

    @torch.no_grad()
    def after_step(
        self,
        layer: SpectralLayer,
        optimizer: Optimizer,
        progress: float,
        step: int,
        input_scale: Float[Tensor, " n_features"] | None,
    ) -> None:
        if not self.acts_after_step(layer, progress):
            return
        target = self.n_kept_at(progress, layer.in_features)
        while layer.n_kept > target:
            dropped = self._leaving(layer, target, input_scale)
            copy_from_first_rank([dropped])  # devices of two kinds may round a near tie differently
            if not bool(dropped.any()):  # the next group is too large, or nothing may leave any more
                return
            before = (layer.eigenvalues, layer.raw_eigenvectors)
            survivors = layer.drop(dropped, step)
            for old, new, positions in zip(before, (layer.eigenvalues, layer.raw_eigenvectors), survivors, strict=True):
                replace_parameter(optimizer, old, new, positions)

    def _leaving(self, layer: SpectralLayer, n_kept: int, input_scale: Tensor | None) -> Bool[Tensor, " n_features"]:
        """Choose from all but the most relevant inputs, in whole groups, those to be dropped next."""
        ranking = layer.columns.always_kept_first(layer.ranking(input_scale))
        kept = torch.zeros_like(layer.mask)
        kept[ranking[:n_kept]] = True
        leaving = layer.columns.whole_groups(~kept)
        if layer.columns.groups is not None and int((~leaving).sum()) < self.n_final:
            leaving = ~layer.columns.whole_groups(kept)
        if layer.columns.always_kept is not None:
            leaving &= ~layer.columns.always_kept
        return layer.first_to_leave(leaving & layer.mask, ranking)


def replace_parameter(optimizer: Optimizer, old: Tensor, new: Tensor, positions: Tensor) -> None:
    """Let an optimizer go on with what is left of a parameter.

    Args:
        optimizer: has moved the old parameter so far.
        old: the parameter before.
        new: the parameter after: the old one at some positions of its last axis.
        positions: these positions.
    """
    for group in optimizer.param_groups:
        group["params"] = [new if parameter is old else parameter for parameter in group["params"]]
    optimizer.state[new] = {
        name: value.index_select(-1, positions) if torch.is_tensor(value) and value.shape == old.shape else value
        for name, value in optimizer.state.pop(old, {}).items()
    }
