"""MNIST and Fashion-MNIST: 28 x 28 grey pixels, ten classes, an official test part."""

from typing import ClassVar

import numpy as np
from jaxtyping import Float32, Int, UInt8

from spectral_exp.dataset.arrays import Arrays, make_data
from spectral_exp.dataset.data import Data
from spectral_exp.dataset.feature_names import pixel_names
from spectral_exp.dataset.fetch import read
from spectral_exp.dataset.idx import parse_idx
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.dataset.scaling import Scaling, check_scaling
from spectral_exp.dataset.splitting import check_fractions, check_n_train, choose_train_rows


class MNIST:
    """Handwritten digits, pixels / 255. Fetch them once with `spectral-data fetch mnist`.

    Validation rows are taken from the train file; the test part is the official one.

    Args:
        data_dir: where fetched data lies.
        classes: labels to keep, in this order, such as [0, 1]; None for all ten.
        n_train: number of training rows, a subset with each class in proportion; None for all that
            validation leaves. Validation and test do not depend on it.
        val_fraction: share of the train file for validation.
        scaling: what is done beyond / 255, fitted on the training rows.
        seed: fixes which rows are for validation and which are in the subset.

    Raises:
        ValueError: if a value is out of range.
    """

    name: ClassVar[str] = "mnist"
    class_names: ClassVar[tuple[str, ...]] = tuple(str(digit) for digit in range(10))

    def __init__(
        self,
        data_dir: str,
        classes: list[int] | None = None,
        n_train: int | None = None,
        val_fraction: float = 1 / 12,
        scaling: Scaling = "none",
        seed: int = 0,
    ) -> None:
        check_fractions(val_fraction)
        check_scaling(scaling)
        if classes is not None and (len(set(classes)) < max(2, len(classes)) or not set(classes) <= set(range(10))):
            raise ValueError(f"classes must be two or more different labels from 0 to 9, got {list(classes)}")
        check_n_train(n_train)
        self.data_dir = data_dir
        self.classes = list(range(10)) if classes is None else list(classes)
        self.n_train = n_train
        self.val_fraction = val_fraction
        self.scaling: Scaling = scaling
        self.seed = seed

    def load(self) -> Data:
        """Read, check and split the files.

        Returns:
            The data.

        Raises:
            UserError: if the data was not fetched or is damaged, or n_train is larger than what there is.
        """
        images, codes = self.read_part("train")
        info = self.info
        train, val = choose_train_rows(self.name, codes, info.class_names, self.n_train, self.val_fraction, self.seed)
        return make_data(
            info,
            Arrays(to_unit_range(images[train]), codes[train]),
            Arrays(to_unit_range(images[val]), codes[val]),
            self.test_arrays(),
            self.scaling,
        )

    @property
    def info(self) -> DatasetInfo:
        """What the pixels and the chosen classes are."""
        return DatasetInfo(
            name=self.name,
            task="classification",
            feature_names=pixel_names(28, 28),
            shape=(28, 28),
            class_names=tuple(self.class_names[label] for label in self.classes),
        )

    def test_arrays(self) -> Arrays:
        """Read the official test part.

        Returns:
            Its rows, pixels between 0 and 1.
        """
        images, codes = self.read_part("t10k")
        return Arrays(to_unit_range(images), codes)

    def read_part(self, part: str) -> tuple[UInt8[np.ndarray, "n_rows 784"], Int[np.ndarray, " n_rows"]]:
        """Read the chosen classes of one part.

        Args:
            part: `train` or `t10k`, as the files are called.

        Returns:
            Pixels from 0 to 255, and the position of each row's label among the chosen classes.
        """
        images = parse_idx(read(self.name, f"{part}-images-idx3-ubyte", self.data_dir))
        labels = parse_idx(read(self.name, f"{part}-labels-idx1-ubyte", self.data_dir))
        code_of_label = np.full(10, -1)
        code_of_label[self.classes] = np.arange(len(self.classes))
        codes = code_of_label[labels]
        is_chosen = codes >= 0
        return images.reshape(len(images), -1)[is_chosen], codes[is_chosen]


class FashionMNIST(MNIST):
    """Articles of clothing in the format of MNIST. Fetch them with `spectral-data fetch fashion_mnist`."""

    name: ClassVar[str] = "fashion_mnist"
    class_names: ClassVar[tuple[str, ...]] = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )


def to_unit_range(images: UInt8[np.ndarray, "n_rows 784"]) -> Float32[np.ndarray, "n_rows 784"]:
    """Bring pixels to the range from 0 to 1.

    Args:
        images: grey values from 0 to 255.

    Returns:
        float32 values.
    """
    return np.asarray(images.astype(np.float32) / np.float32(255))
