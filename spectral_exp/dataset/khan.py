"""Khan et al.'s small round blue cell tumours: gene expression, few rows, many inputs."""

import io
from typing import ClassVar

import numpy as np
import pandas as pd

from spectral_exp.dataset.arrays import Arrays
from spectral_exp.dataset.fetch import read
from spectral_exp.dataset.fetched_set import FetchedSet
from spectral_exp.dataset.info import DatasetInfo


class Khan(FetchedSet):
    """83 tumours (63 and 20 of the paper, together), expression of 2308 genes, four types.

    Source: Khan et al., Nature Medicine 7 (2001) 673, in the version of "An Introduction to Statistical Learning",
    which numbers genes and types.
    """

    name: ClassVar[str] = "khan"

    def read(self) -> tuple[DatasetInfo, Arrays]:
        tables = {
            kind: pd.concat(
                pd.read_csv(io.BytesIO(read(self.name, f"Khan_{kind}{part}.csv", self.data_dir)))
                for part in ("train", "test")
            )
            for kind in ("x", "y")
        }
        genes = tuple(f"gene_{str(column).removeprefix('V')}" for column in tables["x"])
        info = DatasetInfo(self.name, "classification", genes, (len(genes),), class_names=("1", "2", "3", "4"))
        return info, Arrays(tables["x"].to_numpy(np.float32), tables["y"]["x"].to_numpy(np.int64) - 1)
