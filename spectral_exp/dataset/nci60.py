"""NCI60: gene expression of 64 cancer cell lines, a hundred times more inputs than rows."""

import io
from typing import ClassVar

import numpy as np
import pandas as pd

from spectral_exp.dataset.arrays import Arrays
from spectral_exp.dataset.fetch import read
from spectral_exp.dataset.fetched_set import FetchedSet
from spectral_exp.dataset.info import DatasetInfo

MIN_ROWS = 5


class NCI60(FetchedSet):
    """Expression of 6830 genes in cell lines of eight kinds of cancer: 57 of the 64 rows.

    Left out are kinds with fewer than five rows: both prostate lines, the unknown one, and the four repeated
    measurements of K562 and MCF7, which would stand on both sides of a split.
    Source: Ross et al., Nature Genetics 24 (2000) 227, in the version of "An Introduction to Statistical Learning",
    which numbers the genes.
    """

    name: ClassVar[str] = "nci60"

    def read(self) -> tuple[DatasetInfo, Arrays]:
        inputs = np.load(io.BytesIO(read(self.name, "NCI60data.npy", self.data_dir)), allow_pickle=False)
        kinds = pd.read_csv(io.BytesIO(read(self.name, "NCI60labs.csv", self.data_dir)))["label"]
        counts = kinds.value_counts()
        names = sorted(counts.index[counts >= MIN_ROWS])
        codes = np.array([names.index(kind) if kind in names else -1 for kind in kinds])
        genes = tuple(f"gene_{number}" for number in range(1, inputs.shape[1] + 1))
        info = DatasetInfo(
            self.name, "classification", genes, (len(genes),), class_names=tuple(name.lower() for name in names)
        )
        return info, Arrays(inputs[codes >= 0], codes[codes >= 0])
