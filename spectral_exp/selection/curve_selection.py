"""What every selection is that looks at scores: it needs to know how the net does with each number of inputs."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Bool, Float, Int
from torch import Tensor

from spectral_exp.selection.selection import Selection


@dataclass(frozen=True)
class ScoreCurve:
    """The validation score with each number of inputs.

    Attributes:
        n_kept: numbers of inputs, rising.
        score: the score with so many of the most relevant inputs.
        standard_error: of each score, >= 0.
        is_higher_better: False for an error.
    """

    n_kept: Sequence[int]
    score: Sequence[float]
    standard_error: Sequence[float]
    is_higher_better: bool


@dataclass(frozen=True)
class Choice:
    """A number of inputs, and why.

    Attributes:
        k: how many inputs are kept.
        score: the score with k inputs, as the rule saw it.
        best_k: the number of inputs with the best score.
        best_score: that score.
        standard_error: of the best score.
    """

    k: int
    score: float
    best_k: int
    best_score: float
    standard_error: float


class CurveSelection(Selection):
    """Choose the number of inputs by the scores along a curve, which is there once training is over.

    As a mask for a moment of training it keeps every input that has not been removed.

    Args:
        folds: parts of training and validation rows, each of which validates a net trained on the others; 0 for
            the run's own validation rows.

    Raises:
        ValueError: if there is one fold, or fewer than none.
    """

    def __init__(self, folds: int = 0) -> None:
        if folds < 0 or folds == 1:
            raise ValueError(f"folds must be 0 (the run's own validation rows) or at least 2, got {folds}")
        self.folds = folds

    def __call__(
        self, relevance: Float[Tensor, " n_features"], ranking: Int[Tensor, " n_features"]
    ) -> Bool[Tensor, " n_features"]:
        return relevance > 0

    @abstractmethod
    def choose(self, curve: ScoreCurve) -> Choice:
        """Choose how many of the most relevant inputs are kept.

        Args:
            curve: the scores.

        Returns:
            The number.
        """
