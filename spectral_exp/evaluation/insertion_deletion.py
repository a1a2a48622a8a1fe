"""Insertion and deletion: the score of a trained net while inputs appear, or vanish, in the order of a ranking."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Int, Shaped
from torch import Tensor, nn

from spectral_exp.dataset.rows import Rows
from spectral_exp.evaluation.masking import masked_outputs


class InsertionDeletion(NamedTuple):
    """The two curves of a ranking, without retraining, and the areas under them.

    Attributes:
        n_inputs: how many inputs were inserted or deleted, rising from 0 to all.
        insertion: score with that many of the top inputs alone, the others 0: the paper's curve.
        deletion: score with that many of the top inputs at 0.
    """

    n_inputs: tuple[int, ...]
    insertion: tuple[float, ...]
    deletion: tuple[float, ...]

    @property
    def insertion_area(self) -> float:
        """Mean of the insertion curve over the share of inputs from 0 to 1; for accuracy high is good."""
        return _mean_height(self.n_inputs, self.insertion)

    @property
    def deletion_area(self) -> float:
        """Mean of the deletion curve over the share of inputs from 0 to 1; for accuracy low is good."""
        return _mean_height(self.n_inputs, self.deletion)


def insertion_deletion(
    model: nn.Module,
    part: Rows,
    ranking: Int[Tensor, " n_features"],
    score: Callable[[Shaped[Tensor, "n_rows n_out"], Shaped[Tensor, " n_rows"]], float],
    n_inputs: Sequence[int],
) -> InsertionDeletion:
    """Score a trained net on rows in which the top inputs alone, or all others, keep their values.

    Petsiuk et al. (BMVC 2018) do this to single images; here the ranking is global.

    Args:
        model: the trained network; it is put into evaluation mode.
        part: the rows.
        ranking: the inputs, most relevant first.
        score: of the outputs and the targets.
        n_inputs: at which counts; 0 and all inputs are added.

    Returns:
        Both curves.
    """
    model.eval()
    counts = sorted({0, len(ranking), *n_inputs})
    place = torch.argsort(ranking)

    def score_with(mask: Bool[Tensor, " n_features"]) -> float:
        outputs = torch.cat([masked_outputs(model, inputs, mask) for inputs, _ in part.in_turn()])
        return score(outputs, part.targets)

    return InsertionDeletion(
        tuple(counts),
        tuple(score_with(place < count) for count in counts),
        tuple(score_with(place >= count) for count in counts),
    )


def _mean_height(n_inputs: Sequence[int], scores: Sequence[float]) -> float:
    return float(np.trapezoid(scores, n_inputs) / n_inputs[-1])
