"""What the data sets have in common whose rows are dealt to the three parts here."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from spectral_exp.dataset.data import Data
from spectral_exp.dataset.scaling import Scaling, check_scaling
from spectral_exp.dataset.splitting import Split


@dataclass(frozen=True, kw_only=True)
class SplitSet(ABC):
    """A set without a test part of its own.

    Attributes:
        val_fraction: share of all rows for validation.
        test_fraction: share of all rows for the test, unless a fold is named.
        fold: which of n_folds is the test, from 1; None for a random share.
        n_folds: parts of a cross-validation; together their tests are all rows.
        scaling: how inputs are scaled, fitted on the training rows.
        seed: fixes the split, or the folds.
        split: how the rows are dealt.

    Raises:
        ValueError: if a value is out of range.
    """

    val_fraction: float = 0.15
    test_fraction: float = 0.2
    fold: int | None = None
    n_folds: int = 5
    scaling: Scaling = "standard"
    seed: int = 0
    split: Split = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check_scaling(self.scaling)
        split = Split(self.val_fraction, self.test_fraction, self.seed, self.fold, self.n_folds)
        object.__setattr__(self, "split", split)

    @abstractmethod
    def load(self) -> Data:
        """Read, check, split and scale the rows.

        Returns:
            The data.

        Raises:
            UserError: if a file or what it holds cannot be used; the message names it.
        """
