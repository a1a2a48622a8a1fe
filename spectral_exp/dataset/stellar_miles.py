"""MILES: observed spectra of stars, with metallicity, temperature, gravity and spectral type."""

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, get_args

import numpy as np
from jaxtyping import Float

from spectral_exp.dataset.arrays import Arrays
from spectral_exp.dataset.axis import Axis
from spectral_exp.dataset.fetch import read
from spectral_exp.dataset.fetched_set import FetchedSet
from spectral_exp.dataset.fits import open_fits
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.dataset.spectral_lines import LICK_BANDPASSES, MARKED_LINES

MilesTarget = Literal["fe_h", "teff", "logg", "type"]
TYPES = "OBAFGKM"

# Letter of the type, perhaps behind "sd"; an O may be written as 0. GB, AGB: a giant of a cluster, without a type.
_TYPE = re.compile(r"(?:sd)?([OBAFGKM0])(?![?B]|GB)")
_MALFORMED = {"022.": "0221"}


@dataclass(frozen=True)
class StellarMiles(FetchedSet):
    """Stars of the MILES library: flux at 4300 wavelengths from 3540.5 to 7409.6 Angstrom, in steps of 0.9, in air.

    Every spectrum is divided by its maximum. Stars without the value that is asked for are left out.
    Source: Sanchez-Blazquez et al., MNRAS 371 (2006) 703; Falcon-Barroso et al., A&A 532 (2011) A95, which whoever uses
    the spectra cites; parameters: Cenarro et al., MNRAS 374 (2007) 664.

    Attributes:
        target: `fe_h` ([Fe/H] in dex), `teff` (in K), `logg` (in dex), or `type`, the letter of the spectral type.
        classes: letters to tell apart, in this order, with target=type; None for B to M.
        letters: the classes that are told apart.

    Raises:
        ValueError: if a value is out of range.
    """

    name: ClassVar[str] = "stellar_miles"

    target: MilesTarget = "fe_h"
    classes: Sequence[str] | None = None
    letters: tuple[str, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.target not in get_args(MilesTarget):
            raise ValueError(f"target must be one of {', '.join(get_args(MilesTarget))}, got {self.target!r}")
        if self.classes is not None and self.target != "type":
            raise ValueError(f"classes are for target=type, got target={self.target}")
        object.__setattr__(self, "letters", read_classes(self.classes, TYPES[1:], TYPES))

    def read(self) -> tuple[DatasetInfo, Arrays]:
        wavelengths, spectra = self.read_spectra()
        text = read(self.name, "paramsMILES_v9.1.txt", self.data_dir).decode("ascii", errors="replace")
        stars = [star for star in map(read_star, text.splitlines()[3:]) if star["number"] in spectra]
        is_type = self.target == "type"
        known = [star for star in stars if (star["type"] in self.letters if is_type else star[self.target] is not None)]
        if is_type:
            targets = np.array([self.letters.index(str(star["type"])) for star in known])
        else:
            targets = np.array([star[self.target] for star in known], dtype=np.float64)
        flux = np.stack([spectra[str(star["number"])] for star in known])
        info = DatasetInfo(
            self.name,
            "classification" if is_type else "regression",
            feature_names=tuple(f"{wavelength:.1f}" for wavelength in wavelengths),
            shape=(len(wavelengths),),
            class_names=self.letters if is_type else (),
            axis=Axis(
                wavelengths,
                "wavelength",
                "Å",
                marks=MARKED_LINES,
                bands=LICK_BANDPASSES,
                bands_name="bandpasses of the Lick/IDS indices",
            ),
        )
        return info, Arrays((flux / flux.max(axis=1, keepdims=True)).astype(np.float32), targets)

    def read_spectra(
        self,
    ) -> tuple[Float[np.ndarray, " n_wavelengths"], dict[str, Float[np.ndarray, " n_wavelengths"]]]:
        """Read all spectra.

        Returns:
            The wavelengths in Angstrom, and the flux by the star's four-digit number.

        Raises:
            UserError: if they were not fetched, or are damaged.
        """
        spectra = {}
        wavelengths = np.empty(0)
        with zipfile.ZipFile(io.BytesIO(read(self.name, "spectra.zip", self.data_dir))) as archive:
            for member in archive.namelist():
                with open_fits(archive.read(member), self.name) as units:
                    header, flux = units[0].header, units[0].data
                if not len(wavelengths):
                    wavelengths = np.round(header["CRVAL1"] + header["CDELT1"] * np.arange(len(flux)), 6)
                spectra[member[-10:-6]] = flux.astype(np.float64)  # MILES_res2.50_star_m0001V.fits
        return wavelengths, spectra


def read_star(line: str) -> dict[str, str | float | None]:
    """Read a line of the table of parameters; columns have fixed places.

    Args:
        line: one star.

    Returns:
        `number` (four digits), `type` (its letter, or None), and `teff` [K], `logg`, `fe_h` [dex], None if unknown.
    """
    number = line[23:27].strip()
    found = _TYPE.match(line[36:50].strip())
    values = (None if text == "--" else float(text) for text in line[50:].split()[:3])
    letter = found[1].replace("0", "O") if found else None
    return {
        "number": _MALFORMED.get(number, number),
        "type": letter,
        **dict(zip(("teff", "logg", "fe_h"), values, strict=True)),
    }


def read_classes(classes: Sequence[str] | None, default: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Check which classes are to be told apart.

    Args:
        classes: what was asked for; None for the default.
        default: the classes without a wish.
        known: all there are.

    Returns:
        The classes, in the order asked for.

    Raises:
        ValueError: if there are fewer than two, one stands twice, or one does not exist.
    """
    chosen = tuple(default if classes is None else classes)
    if len(set(chosen)) < max(2, len(chosen)) or not set(chosen) <= set(known):
        raise ValueError(f"classes must be two or more different ones of {', '.join(known)}, got {list(chosen)}")
    return chosen
