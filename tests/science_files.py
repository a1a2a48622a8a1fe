"""Small stand-ins for the scientific sets, in the formats of their originals."""

import io
import zipfile
from collections.abc import Callable
from functools import cache

import numpy as np

N_STARS, N_WAVELENGTHS = 120, 64
N_GAIA = 90


def _npy(values: np.ndarray) -> bytes:
    content = io.BytesIO()
    np.save(content, values)
    return content.getvalue()


def _csv(rows: list[list[object]]) -> bytes:
    return "".join(",".join(map(str, row)) + "\n" for row in rows).encode()


@cache
def miles() -> dict[str, bytes]:
    """Stars B to M in turn, twenty of each; the flux rises by 1, 2, ... 6 along the axis; star 5 has no parameters."""
    from astropy.io import fits

    archive, lines = io.BytesIO(), ["head", "s????", " - -"]
    with zipfile.ZipFile(archive, "w") as spectra:
        for star in range(1, N_STARS + 1):
            kind = (star - 1) % 6
            unit = fits.PrimaryHDU(1 + (kind + 1) * np.linspace(0, 1, N_WAVELENGTHS))
            unit.header["CRVAL1"], unit.header["CDELT1"] = 3900.5, 0.9
            content = io.BytesIO()
            unit.writeto(content)
            spectra.writestr(f"MILES_res2.50_star_m{star:04d}V.fits", content.getvalue())
            values = "--     --      --" if star == 5 else f"{9000 - 900 * kind}   4.{star % 10}0    -{star % 7}.25"
            lines.append(f"{'HD' + str(star):<23}{star:04d}{'':9}{'BAFGKM'[kind]}{star % 10}V{'':13}{values}   333")
    return {"spectra.zip": archive.getvalue(), "paramsMILES_v9.1.txt": "\n".join(lines).encode()}


@cache
def gaia() -> dict[str, bytes]:
    """Stars of six temperatures in turn; the last ten rows repeat the first."""
    from astropy.io import fits

    star = np.r_[np.arange(N_GAIA), np.arange(10)]
    teff = np.array([3500, 4500, 5500, 6500, 8500, 12000])[star % 6].astype(np.float32)
    flux = teff[:, None] / 5000 + np.linspace(0, 1, 343)
    columns = [
        fits.Column("gaiaedr3_source_id", "K", array=1000 + star),
        fits.Column("teff", "E", array=teff),
        fits.Column("logg", "E", array=star % 5),
        fits.Column("fe_h", "E", array=star % 3 / 10),
        fits.Column("flux", "343E", array=flux),
        fits.Column("flux_error", "343E", array=flux / 100),
    ]
    content = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)]).writeto(content)
    return {"apogee_library_spectra.fits": content.getvalue()}


@cache
def indian_pines() -> dict[str, bytes]:
    """A chessboard of six classes in fields of 4 x 4 pixels; every band holds 1000 plus 100 times the label."""
    rows, columns = np.indices((60, 60)) // 4
    labels = (1 + (rows + columns) % 6).astype(np.uint8)
    cube = np.broadcast_to((1000 + 100 * labels.astype(np.uint16))[:, :, None], (60, 60, 200))
    return {"Indian_pines_corrected.npy": _npy(cube), "Indian_pines_gt.npy": _npy(labels)}


@cache
def madelon() -> dict[str, bytes]:
    """100 rows whose first input is the class, and an empty column at the end of each, as in the original."""
    return {"Madelon.csv": _csv([[1 + row % 2, *((row * np.arange(1, 500)) % 101), 1 + row % 2] for row in range(100)])}


@cache
def khan() -> dict[str, bytes]:
    """40 + 20 rows, of which the first input is the class."""
    files = {}
    for part, n_rows in (("train", 40), ("test", 20)):
        classes = [1 + row % 4 for row in range(n_rows)]
        header = [f'"V{gene}"' for gene in range(1, 11)]
        files[f"Khan_x{part}.csv"] = _csv([header, *([kind, *range(kind, kind + 9)] for kind in classes)])
        files[f"Khan_y{part}.csv"] = _csv([['"x"'], *([kind] for kind in classes)])
    return files


@cache
def nci60() -> dict[str, bytes]:
    """Two kinds with ten lines each and one with two, 100 genes; the first is 1 for renal lines."""
    kinds = ["RENAL", "CNS"] * 10 + ["PROSTATE"] * 2
    genes = np.random.default_rng(0).normal(size=(len(kinds), 100))
    genes[:, 0] = [kind == "RENAL" for kind in kinds]
    return {"NCI60data.npy": _npy(genes), "NCI60labs.csv": _csv([["label"], *([f'"{kind}"'] for kind in kinds)])}


@cache
def mfeat() -> dict[str, bytes]:
    """100 digits; the inputs of each family are a tenth of the digit, the last column is the digit."""
    return {
        f"mfeat-{family}.csv": _csv([[*range(width), 0], *([row % 10 / 10] * width + [row % 10] for row in range(100))])
        for width, family in enumerate(("fac", "fou", "kar", "mor", "pix", "zer"), start=2)
    }


FILES: dict[str, Callable[[], dict[str, bytes]]] = {
    "stellar_miles": miles,
    "stellar_gaia": gaia,
    "indian_pines": indian_pines,
    "madelon": madelon,
    "khan": khan,
    "nci60": nci60,
    "mfeat": mfeat,
}
