"""Multiple features of handwritten digits: which of six ways to describe an image matters?"""

import io
from typing import ClassVar

import numpy as np

from spectral_exp.dataset.arrays import Arrays
from spectral_exp.dataset.fetch import read
from spectral_exp.dataset.fetched_set import FetchedSet
from spectral_exp.dataset.info import DatasetInfo

# Profile correlations, Fourier coefficients, Karhunen-Loeve coefficients, morphology, pixel averages, Zernike moments.
FAMILIES = ("fac", "fou", "kar", "mor", "pix", "zer")


class Mfeat(FetchedSet):
    """2000 handwritten digits, described by 649 inputs in six families, which are groups; `groups=none` parts them.

    Source: van Breukelen, Duin, Tax and den Hartog, "Handwritten digit recognition by combined classifiers",
    Kybernetika 34 (1998) 381.
    """

    name: ClassVar[str] = "mfeat"

    def read(self) -> tuple[DatasetInfo, Arrays]:
        tables = [
            np.loadtxt(io.BytesIO(read(self.name, f"mfeat-{family}.csv", self.data_dir)), delimiter=",", skiprows=1)
            for family in FAMILIES
        ]
        widths = [table.shape[1] - 1 for table in tables]  # the last column of each is the digit
        info = DatasetInfo(
            self.name,
            "classification",
            tuple(f"{family}_{n}" for family, width in zip(FAMILIES, widths, strict=True) for n in range(width)),
            (sum(widths),),
            class_names=tuple(str(digit) for digit in range(10)),
            groups=tuple(family for family, width in zip(FAMILIES, widths, strict=True) for _ in range(width)),
        )
        return info, Arrays(np.hstack([table[:, :-1] for table in tables]), tables[0][:, -1].astype(np.int64))
