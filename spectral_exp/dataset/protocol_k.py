"""Protocol K: a small part of an image set, split at random, on which selections of k inputs are compared."""

from dataclasses import replace

import numpy as np
from sklearn.model_selection import train_test_split

from spectral_exp.dataset.arrays import make_data
from spectral_exp.dataset.data import Data
from spectral_exp.dataset.mnist import MNIST
from spectral_exp.dataset.scaling import Scaling, check_scaling


class ProtocolK:
    """Split the 10,000 test images of MNIST or Fashion-MNIST into 7000, 1000 and 2000 rows.

    As in the scripts of LassoNet's authors: the test file is the whole data set; `train_test_split` holds out 20 % for
    the test, then 12.5 % of the rest for validation, with the same seed both times, classes not in proportion.

    Args:
        images: the set whose test part is split.
        scaling: what is done beyond / 255, fitted on the training rows.
        seed: fixes the split.

    Raises:
        ValueError: if a value is out of range.
    """

    def __init__(self, images: MNIST, scaling: Scaling = "none", seed: int = 0) -> None:
        check_scaling(scaling)
        self.images = images
        self.scaling: Scaling = scaling
        self.seed = seed

    def load(self) -> Data:
        """Read and split the test file.

        Returns:
            The data.
        """
        whole = self.images.test_arrays()
        rows, test = train_test_split(np.arange(len(whole.targets)), test_size=0.2, random_state=self.seed)
        train, val = train_test_split(rows, test_size=0.125, random_state=self.seed)
        info = replace(self.images.info, name=f"{self.images.name}_protocol_k")
        return make_data(info, whole[train], whole[val], whole[test], self.scaling)
