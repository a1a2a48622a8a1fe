"""Madelon of the NIPS 2003 feature selection challenge: 20 of 500 inputs matter, and none of them alone."""

import io
from typing import ClassVar

import numpy as np

from spectral_exp.dataset.arrays import Arrays
from spectral_exp.dataset.feature_names import numbered_names
from spectral_exp.dataset.fetch import read
from spectral_exp.dataset.fetched_set import FetchedSet
from spectral_exp.dataset.info import DatasetInfo


class Madelon(FetchedSet):
    """2600 rows (training and validation part of the challenge), 500 inputs in an unknown order, two classes.

    Five inputs span a hypercube whose corners belong to the classes at random, 15 are mixtures of these, 480 are noise.
    `madelon_like` draws sets of this kind, with the truth known.
    Source: Guyon et al., "Result analysis of the NIPS 2003 feature selection challenge" (2004).
    """

    name: ClassVar[str] = "madelon"

    def read(self) -> tuple[DatasetInfo, Arrays]:
        content = read(self.name, "Madelon.csv", self.data_dir)
        values = np.loadtxt(io.BytesIO(content), delimiter=",", usecols=range(501), dtype=np.float32)
        info = DatasetInfo(self.name, "classification", numbered_names(500), (500,), class_names=("1", "2"))
        return info, Arrays(values[:, :-1], values[:, -1].astype(np.int64) - 1)
