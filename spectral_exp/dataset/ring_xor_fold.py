"""Protocol G: a `ring_xor` family in folds, so that every ranking sees another five sixths of the same rows."""

import torch
from sklearn.model_selection import KFold

from spectral_exp.dataset.arrays import Arrays, make_data
from spectral_exp.dataset.data import Data
from spectral_exp.dataset.ring_xor import Family, RingXor
from spectral_exp.dataset.scaling import Scaling, check_scaling


class RingXorFold:
    """Draw the rows of a family once, and leave one fold of them out of the training rows.

    The fold is the validation and the test part; nothing may be chosen by it.

    Args:
        family: which rule decides the class; see `RingXor`.
        n_rows: number of rows in all.
        n_features: number of inputs; those that decide come first.
        n_folds: number of folds, of equal size.
        fold: the one that is left out; counted modulo n_folds, so that it can be the seed of a run.
        scaling: how inputs are scaled, fitted on the training rows.
        data_seed: fixes rows and folds.

    Raises:
        ValueError: if a value is out of range.
    """

    def __init__(
        self,
        family: Family = "ring_xor",
        n_rows: int = 1000,
        n_features: int = 128,
        n_folds: int = 6,
        fold: int = 0,
        scaling: Scaling = "standard",
        data_seed: int = 0,
    ) -> None:
        check_scaling(scaling)
        if n_folds < 2:
            raise ValueError(f"n_folds must be at least 2, got {n_folds}")
        self.rows = RingXor(family=family, n_rows=n_rows, n_features=n_features, seed=data_seed)
        self.n_folds = n_folds
        self.fold = fold % n_folds
        self.scaling: Scaling = scaling
        self.data_seed = data_seed

    def load(self) -> Data:
        """Draw the rows, and split them.

        Returns:
            The data; `info.true_strength` is 1 for the inputs that decide, 0 for the others.
        """
        whole = self.rows.load()
        parts = (whole.train, whole.val, whole.test)
        inputs = torch.cat([part.inputs for part in parts]).numpy()
        targets = torch.cat([part.targets for part in parts]).numpy()
        folds = list(KFold(self.n_folds, shuffle=True, random_state=self.data_seed).split(inputs))
        train, held = (Arrays(inputs[rows], targets[rows]) for rows in folds[self.fold])
        return make_data(whole.info, train, held, held, self.scaling)
