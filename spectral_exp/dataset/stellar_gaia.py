"""Gaia: low-resolution spectra of forty thousand stars, with parameters from APOGEE."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, get_args

import numpy as np

from spectral_exp.dataset.arrays import Arrays
from spectral_exp.dataset.axis import Axis
from spectral_exp.dataset.fetch import read
from spectral_exp.dataset.fetched_set import FetchedSet
from spectral_exp.dataset.fits import open_fits
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.dataset.spectral_lines import MARKED_LINES
from spectral_exp.dataset.stellar_miles import read_classes

GaiaTarget = Literal["fe_h", "teff", "logg", "class"]
CLASSES = "MKGFAB"  # by rising temperature
CUTS = (3900, 5300, 6000, 7300, 10000)  # K, between them
ANGSTROM_PER_NM = 10


@dataclass(frozen=True)
class StellarGaia(FetchedSet):
    """39851 stars: mean BP/RP flux at 343 wavelengths from 336 to 1020 nm in steps of 2, divided by its median.

    The table has 40226 rows; of those that repeat a star, the first stays, so that no star is in two parts of a split.
    Classes are ranges of the effective temperature, not spectral types: M below 3900 K, K, G, F, A up to 10000 K, B.
    Source: Gaia Collaboration (2022), Gaia DR3; APOGEE DR17. Gaia data are free with credit to ESA/Gaia/DPAC.

    Attributes:
        target: `class`, `fe_h` ([Fe/H] in dex), `teff` (in K) or `logg` (in dex).
        classes: letters to tell apart, in this order, with target=class; None for all six.
        balanced: as many stars of each class as there are of the rarest, drawn by the seed.
        errors: the errors of the flux are inputs as well; a flux and its error form a group.
        letters: the classes that are told apart.

    Raises:
        ValueError: if a value is out of range.
    """

    name: ClassVar[str] = "stellar_gaia"

    target: GaiaTarget = "class"
    classes: Sequence[str] | None = None
    balanced: bool = False
    errors: bool = False
    letters: tuple[str, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.target not in get_args(GaiaTarget):
            raise ValueError(f"target must be one of {', '.join(get_args(GaiaTarget))}, got {self.target!r}")
        if self.target != "class" and (self.classes is not None or self.balanced):
            raise ValueError(f"classes and balanced are for target=class, got target={self.target}")
        object.__setattr__(self, "letters", read_classes(self.classes, CLASSES, CLASSES))

    def read(self) -> tuple[DatasetInfo, Arrays]:
        with open_fits(read(self.name, "apogee_library_spectra.fits", self.data_dir), self.name) as units:
            table = units[1].data
            _, rows = np.unique(table["gaiaedr3_source_id"], return_index=True)
            rows.sort()
            if self.target == "class":
                targets = self.codes(table["teff"][rows])
                rows, targets = rows[targets >= 0], targets[targets >= 0]
                if self.balanced:
                    chosen = balanced_rows(targets, self.seed)
                    rows, targets = rows[chosen], targets[chosen]
            else:
                targets = table[self.target][rows].astype(np.float64)
            columns = [table[name][rows] for name in (("flux", "flux_error") if self.errors else ("flux",))]
        nanometres = 336 + 2.0 * np.arange(columns[0].shape[1])
        names = tuple(f"{wavelength:.0f}" for wavelength in nanometres)
        info = DatasetInfo(
            self.name,
            "classification" if self.target == "class" else "regression",
            feature_names=names + tuple(f"error_{name}" for name in names) if self.errors else names,
            shape=(len(names) * len(columns),),
            class_names=self.letters if self.target == "class" else (),
            groups=names * 2 if self.errors else None,
            axis=Axis(
                np.tile(nanometres, len(columns)),
                "wavelength",
                "nm",
                marks={name: wavelength / ANGSTROM_PER_NM for name, wavelength in MARKED_LINES.items()},
            ),
        )
        return info, Arrays(np.hstack(columns).astype(np.float32), targets)

    def codes(self, teff: np.ndarray) -> np.ndarray:
        """Sort stars into classes.

        Args:
            teff: effective temperatures in K, shape (n_stars,).

        Returns:
            Position among the chosen classes, -1 for none of them, shape (n_stars,).
        """
        code_of = np.array([self.letters.index(one) if one in self.letters else -1 for one in CLASSES])
        return np.asarray(code_of[np.digitize(teff, CUTS)])


def balanced_rows(codes: np.ndarray, seed: int) -> np.ndarray:
    """Draw as many rows of each class as there are of the rarest.

    Args:
        codes: class codes, shape (n_rows,).
        seed: fixes the draw.

    Returns:
        Sorted rows.
    """
    random = np.random.default_rng(seed)
    n_each = np.bincount(codes).min()
    return np.sort(
        np.concatenate([random.permutation(np.flatnonzero(codes == code))[:n_each] for code in np.unique(codes)])
    )
