"""Does a net that is trained anew miss what a ranking calls relevant? ROAR and KAR."""

from collections.abc import Sequence
from typing import NamedTuple

from jaxtyping import Int
from torch import Tensor

from spectral_exp.dataset.data import Data
from spectral_exp.evaluation.judge import judge


class RetrainedScores(NamedTuple):
    """Test scores of nets that were trained without, and with nothing but, the top of a ranking.

    Attributes:
        removed: without the top inputs (ROAR); falls fast if the ranking is good.
        kept: with the top inputs alone (KAR); stays high if the ranking is good.
    """

    removed: float
    kept: float


def remove_and_retrain(
    data: Data,
    ranking: Int[Tensor, " n_features"],
    fractions: Sequence[float],
    n_epochs: int = 20,
    seed: int = 0,
) -> dict[float, RetrainedScores]:
    """Remove or keep a share of the inputs and train the judge again (Hooker et al., NeurIPS 2019).

    They replace removed inputs by their mean; here they are left out, which is the same to a net that is trained
    anew: a constant input is a bias. Ranking is global, so one set of inputs leaves for all rows.

    Args:
        data: what the ranking is for.
        ranking: the inputs, most relevant first.
        fractions: shares of the inputs, each above 0 and below 1; at least one input leaves and one stays.
        n_epochs: how long the judge is trained; its score after the last epoch counts.
        seed: fixes the judge.

    Returns:
        The scores by share, in the judge's metric.

    Raises:
        ValueError: if a share is out of range.
    """
    scores = {}
    for fraction in fractions:
        if not 0 < fraction < 1:
            raise ValueError(f"fractions must be above 0 and below 1, got {fraction}")
        n_top = min(max(round(fraction * len(ranking)), 1), len(ranking) - 1)
        removed, kept = (
            judge(data, inputs, n_epochs, at=(n_epochs,), seed=seed).score[n_epochs]
            for inputs in (ranking[n_top:], ranking[:n_top])
        )
        scores[fraction] = RetrainedScores(removed, kept)
    return scores
