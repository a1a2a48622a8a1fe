"""Indian Pines: an airborne image in 200 spectral bands, its pixels to be told apart by what grows there."""

import io
from dataclasses import replace
from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Int
from scipy.ndimage import grey_dilation

from spectral_exp.dataset.arrays import Arrays, make_data
from spectral_exp.dataset.augmentation import Augmentation
from spectral_exp.dataset.aviris import CENTRES
from spectral_exp.dataset.axis import Axis
from spectral_exp.dataset.channel_data import describe_channels, make_channel_data
from spectral_exp.dataset.data import Data
from spectral_exp.dataset.fetch import read
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.dataset.patches import patches
from spectral_exp.dataset.scaling import Scaling, check_scaling
from spectral_exp.dataset.splitting import check_fold, fold_rows
from spectral_exp.errors import UserError

CLASS_NAMES = (
    "Alfalfa",
    "Corn-notill",
    "Corn-mintill",
    "Corn",
    "Grass-pasture",
    "Grass-trees",
    "Grass-pasture-mowed",
    "Hay-windrowed",
    "Oats",
    "Soybean-notill",
    "Soybean-mintill",
    "Soybean-clean",
    "Wheat",
    "Woods",
    "Buildings-Grass-Trees-Drives",
    "Stone-Steel-Towers",
)


class IndianPines:
    """Pixels of the AVIRIS scene of 12 June 1992, 145 x 145 pixels of 20 m, 200 bands without those of water vapour.

    Neighbouring pixels are of one field and nearly alike, so that a split of single pixels tests what was trained on.
    Here the image is cut into square blocks, whole blocks are dealt to folds, and training pixels within `gap` of a
    pixel of another part are left out.
    A patch holds pixels of its own part alone: those of blocks in another part, of blocks without a labelled pixel and
    beyond the image are replaced by the mean of the training pixels, so that no pixel is seen in two parts.
    Source: Baumgardner, Biehl and Landgrebe (2015), doi 10.4231/R7RX991C (CC BY 3.0).

    Args:
        data_dir: where fetched data lies.
        patch: side of the square around every pixel that is a row, odd; 1 for its spectrum alone. A row then has
            the bands as channels, for convolutions.
        min_pixels: classes with fewer labelled pixels are left out; one block may hold all of a small class.
        block: side of a block in pixels.
        gap: pixels between training and the other parts; 0 leaves all in.
        fold: which fold is the test, from 1; the next one is for validation.
        n_folds: parts the blocks are dealt to, at least 3.
        scaling: how inputs are scaled, fitted on the training rows.
        augmentation: random changes of training patches; None for none.
        seed: fixes the folds.

    Raises:
        ValueError: if a value is out of range.
    """

    name: ClassVar[str] = "indian_pines"

    def __init__(
        self,
        data_dir: str,
        patch: int = 1,
        min_pixels: int = 100,
        block: int = 7,
        gap: int = 1,
        fold: int = 1,
        n_folds: int = 5,
        scaling: Scaling = "standard",
        augmentation: Augmentation | None = None,
        seed: int = 0,
    ) -> None:
        check_scaling(scaling)
        if min_pixels < 1 or block < 1 or gap < 0:
            raise ValueError(
                f"min_pixels and block must be at least 1 and gap >= 0, got {min_pixels}, {block} and {gap}"
            )
        if patch < 1 or patch % 2 == 0:
            raise ValueError(f"patch must be odd and at least 1, got {patch}")
        if augmentation is not None and patch == 1:
            raise ValueError("augmentation is for patches: raise patch, or leave augmentation out")
        if n_folds < 3:
            raise ValueError(f"n_folds must be at least 3, for training, validation and test, got {n_folds}")
        self.data_dir = data_dir
        self.patch = patch
        self.min_pixels = min_pixels
        self.block = block
        self.gap = gap
        check_fold(fold, n_folds)
        self.fold = fold
        self.n_folds = n_folds
        self.scaling: Scaling = scaling
        self.augmentation = augmentation
        self.seed = seed

    def load(self) -> Data:
        """Read, split and scale the pixels.

        Returns:
            The data.

        Raises:
            UserError: if the set was not fetched or is damaged, or a part lacks a class.
        """
        cube, labels = (
            np.load(io.BytesIO(read(self.name, f"Indian_pines_{kind}.npy", self.data_dir)), allow_pickle=False)
            for kind in ("corrected", "gt")
        )
        counts = np.bincount(labels.ravel(), minlength=len(CLASS_NAMES) + 1)[1:]
        kept = np.flatnonzero(counts >= self.min_pixels)
        if len(kept) < 2:
            raise UserError(f"{self.name}: dataset.min_pixels={self.min_pixels} leaves {len(kept)} classes; lower it")
        code_of = np.full(len(counts) + 1, -1)
        code_of[kept + 1] = np.arange(len(kept))
        codes = code_of[labels]
        parts = self.split(codes)
        for name, part in zip(("training", "validation", "test"), parts, strict=True):
            missing = np.setdiff1d(np.arange(len(kept)), codes[part])
            if len(missing):
                lacking = CLASS_NAMES[kept[missing[0]]]
                raise UserError(
                    f"{self.name}: the {name} part has no pixel of {lacking!r}: lower dataset.block or dataset.gap, or "
                    "raise dataset.min_pixels"
                )
        axis = Axis(np.repeat(CENTRES, self.patch**2), "wavelength", "nm")
        names = tuple(f"{centre:.2f}" for centre in CENTRES)
        class_names = tuple(CLASS_NAMES[code] for code in kept)
        cube = cube.astype(np.float32)
        if self.patch == 1:
            info = DatasetInfo(
                self.name, "classification", names, shape=(len(names),), class_names=class_names, axis=axis
            )
            train, val, test = (Arrays(cube[part], codes[part]) for part in parts)
            return make_data(info, train, val, test, self.scaling)
        info = describe_channels(self.name, "classification", (len(names), self.patch, self.patch), names, class_names)
        mean = cube[parts[0]].mean(axis=0)
        train, val, test = (
            Arrays(patches(cube, part, self.whole_blocks(part), self.patch, mean), codes[part]) for part in parts
        )
        return make_channel_data(replace(info, axis=axis), train, val, test, self.scaling, self.augmentation)

    def split(self, codes: Int[np.ndarray, "height width"]) -> tuple[Bool[np.ndarray, "height width"], ...]:
        """Deal blocks of the image to the three parts.

        Args:
            codes: class of every pixel, -1 for none.

        Returns:
            The pixels of training, validation and test.
        """
        rows, columns = np.nonzero(codes >= 0)
        regions = self.blocks(codes.shape)[rows, columns]
        folds = list(fold_rows(len(rows), self.n_folds, self.seed, classes=codes[rows, columns], regions=regions))
        part_of = np.full(codes.shape, -1)
        part_of[rows, columns] = 0
        for part, fold in ((2, folds[self.fold - 1]), (1, folds[self.fold % self.n_folds])):
            part_of[rows[fold], columns[fold]] = part
        near_others = grey_dilation(part_of, size=2 * self.gap + 1) > 0
        return (part_of == 0) & ~near_others, part_of == 1, part_of == 2

    def blocks(self, shape: tuple[int, ...]) -> Int[np.ndarray, "height width"]:
        """Number the block of every pixel.

        Args:
            shape: of the image, (height, width).

        Returns:
            The numbers.
        """
        rows, columns = np.indices(shape) // self.block
        return np.asarray(rows * shape[1] + columns)

    def whole_blocks(self, part: Bool[np.ndarray, "height width"]) -> Bool[np.ndarray, "height width"]:
        """Extend a part to all pixels of its blocks, those without a label too.

        Args:
            part: the labelled pixels of a part.

        Returns:
            True for every pixel of a block that has one of these; no two parts share any.
        """
        blocks = self.blocks(part.shape)
        return np.isin(blocks, blocks[part])
