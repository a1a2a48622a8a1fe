"""CIFAR-10: 32 x 32 colour images, ten classes, an official test part."""

from typing import ClassVar

import numpy as np
from jaxtyping import Int, UInt8

from spectral_exp.dataset.arrays import Arrays
from spectral_exp.dataset.augmentation import Augmentation
from spectral_exp.dataset.channel_data import describe_channels, make_channel_data
from spectral_exp.dataset.data import Data
from spectral_exp.dataset.fetch import read
from spectral_exp.dataset.idx import parse_idx
from spectral_exp.dataset.scaling import Scaling, check_scaling
from spectral_exp.dataset.splitting import check_fractions, check_n_train, choose_train_rows

COLOURS = ("red", "green", "blue")


class CIFAR10:
    """Colour images of ten kinds of things. Fetch them once with `spectral-data fetch cifar10`.

    Validation rows are taken from the train file; the test part is the official one.

    Args:
        data_dir: where fetched data lies.
        n_train: number of training rows, a subset with each class in proportion; None for all that
            validation leaves. Validation and test do not depend on it.
        val_fraction: share of the train file for validation.
        scaling: what is done beyond / 255, fitted on every channel of the training rows.
        augmentation: random changes of training rows; None for none.
        seed: fixes which rows are for validation and which are in the subset.

    Raises:
        ValueError: if a value is out of range.
    """

    name: ClassVar[str] = "cifar10"
    class_names: ClassVar[tuple[str, ...]] = (
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    )

    def __init__(
        self,
        data_dir: str,
        n_train: int | None = None,
        val_fraction: float = 0.1,
        scaling: Scaling = "standard",
        augmentation: Augmentation | None = None,
        seed: int = 0,
    ) -> None:
        check_fractions(val_fraction)
        check_scaling(scaling)
        check_n_train(n_train)
        self.data_dir = data_dir
        self.n_train = n_train
        self.val_fraction = val_fraction
        self.scaling: Scaling = scaling
        self.augmentation = augmentation
        self.seed = seed

    def load(self) -> Data:
        """Read, check and split the files.

        Returns:
            The data.

        Raises:
            UserError: if the data was not fetched or is damaged, or n_train is larger than what there is.
        """
        images, codes = self.read_part("train")
        test_images, test_codes = self.read_part("test")
        info = describe_channels(self.name, "classification", images.shape[1:], COLOURS, self.class_names)
        train, val = choose_train_rows(self.name, codes, info.class_names, self.n_train, self.val_fraction, self.seed)
        rows, test = Arrays(images, codes), Arrays(test_images, test_codes)
        return make_channel_data(info, rows[train], rows[val], test, self.scaling, self.augmentation)

    def read_part(self, part: str) -> tuple[UInt8[np.ndarray, "n_rows 3 32 32"], Int[np.ndarray, " n_rows"]]:
        """Read one part.

        Args:
            part: `train` or `test`.

        Returns:
            Images from 0 to 255, channels first, and their class codes.
        """
        images = parse_idx(read(self.name, f"{part}-images-idx4-ubyte", self.data_dir))
        codes = parse_idx(read(self.name, f"{part}-labels-idx1-ubyte", self.data_dir))
        return images, codes.astype(np.int64)
