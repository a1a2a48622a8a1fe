"""Absorption lines of stars, in air, and how near wavelengths are to them."""

from collections.abc import Collection

import numpy as np
from jaxtyping import Float

# The lines that Chicchi et al. (doi 10.1038/s42005-026-02614-7) mark over their relevance of wavelengths, in Angstrom.
# They give whole numbers; the decimals are those of the laboratory. ("SDSS-IV" in jdaviz 5.0.2, PyPI, has the lines of
# sodium exactly, H-beta to .005, those of calcium to its one decimal.)
MARKED_LINES = {
    "Ca II K": 3933.66,
    "Ca II H": 3968.47,
    "H-beta": 4861.33,
    "Mg b2": 5172.68,
    "Mg b1": 5183.60,
    "Fe I E": 5269.54,
    "Na D2": 5889.95,
    "Na D1": 5895.92,
}

# Central bandpasses of the Lick/IDS indices, in Angstrom: the first 21 of Trager et al., ApJS 116 (1998) 1 (for stars:
# Worthey et al., ApJS 94 (1994) 687), the last four of Worthey and Ottaviani, ApJS 111 (1997) 377. All ends are those
# of the table in pyphot 2.1.1 (PyPI).
LICK_BANDPASSES = {
    "CN1": (4142.125, 4177.125),
    "CN2": (4142.125, 4177.125),
    "Ca4227": (4222.250, 4234.750),
    "G4300": (4281.375, 4316.375),
    "Fe4383": (4369.125, 4420.375),
    "Ca4455": (4452.125, 4474.625),
    "Fe4531": (4514.250, 4559.250),
    "Fe4668": (4634.000, 4720.250),
    "H-beta": (4847.875, 4876.625),
    "Fe5015": (4977.750, 5054.000),
    "Mg1": (5069.125, 5134.125),
    "Mg2": (5154.125, 5196.625),
    "Mg b": (5160.125, 5192.625),
    "Fe5270": (5245.650, 5285.650),
    "Fe5335": (5312.125, 5352.125),
    "Fe5406": (5387.500, 5415.000),
    "Fe5709": (5696.625, 5720.375),
    "Fe5782": (5776.625, 5796.625),
    "Na D": (5876.875, 5909.375),
    "TiO1": (5936.625, 5994.125),
    "TiO2": (6189.625, 6272.125),
    "H-delta A": (4083.500, 4122.250),
    "H-gamma A": (4319.750, 4363.500),
    "H-delta F": (4091.000, 4112.250),
    "H-gamma F": (4331.250, 4352.250),
}

# Strong lines of the sun between 3540 and 7410 Angstrom, not all of them: Lang, Astrophysical Formulae (Springer,
# 1974), table of strong Fraunhofer lines, after Moore, Minnaert and Houtgast, The Solar Spectrum, NBS Monograph 61
# (1966). Compared with data in packages of PyPI: "Common Stellar" of jdaviz 5.0.2 has 31 of the 38, to its .005
# Angstrom. Fe I of NIST in pypeit 2.0.1, brought from vacuum to air, has 16 of the 17 of iron at .006 to .017 Angstrom
# less (.3 to 1.4 km/s): lines of the sun are that much redder than those of the laboratory. The remaining two, Mg I
# 3832 and 3838, are in neither; public tables of the solar spectrum have them to the last digit.
FRAUNHOFER_LINES = {
    "Fe I 3581": 3581.209,
    "Fe I 3720": 3719.947,
    "Fe I 3735": 3734.874,
    "Fe I 3746": 3745.574,
    "Fe I 3758": 3758.245,
    "H11": 3770.630,
    "H10": 3797.900,
    "Fe I 3820": 3820.436,
    "Fe I 3826": 3825.891,
    "Mg I 3832": 3832.310,
    "H9": 3835.386,
    "Mg I 3838": 3838.302,
    "Fe I 3860": 3859.922,
    "H8": 3889.051,
    "Ca II K": 3933.682,
    "Ca II H": 3968.492,
    "Fe I 4046": 4045.825,
    "H-delta": 4101.748,
    "Ca I 4227": 4226.740,
    "H-gamma": 4340.475,
    "Fe I 4384": 4383.557,
    "H-beta": 4861.342,
    "Fe I 4892": 4891.502,
    "Fe I 4921": 4920.514,
    "Fe I 4958": 4957.613,
    "Mg b4": 5167.327,
    "Mg b2": 5172.698,
    "Mg b1": 5183.619,
    "Fe I 5250": 5250.216,
    "Fe I 5270": 5269.550,
    "Fe I 5328": 5328.051,
    "Mg I 5528": 5528.418,
    "Na D2": 5889.973,
    "Na D1": 5895.940,
    "Ca I 6122": 6122.226,
    "Ca I 6162": 6162.180,
    "Fe I 6302": 6302.499,
    "H-alpha": 6562.808,
}


def distance_to_lines(
    wavelengths: Float[np.ndarray, " n"], lines: Collection[float | tuple[float, float]]
) -> Float[np.ndarray, " n"]:
    """Measure how far wavelengths are from the nearest line or bandpass.

    Args:
        wavelengths: in Angstrom.
        lines: wavelengths of lines, or ends of bandpasses, whose inside is at distance 0.

    Returns:
        Distances in Angstrom.

    Example:
        >>> distance_to_lines(np.array([5000.0, 5172.0]), [5183.0, (5160.0, 5193.0)])
        array([160.,   0.])
    """
    ends = np.array([line if isinstance(line, tuple) else (line, line) for line in lines])
    outside = np.maximum(ends[:, 0] - wavelengths[:, None], wavelengths[:, None] - ends[:, 1])
    return np.asarray(np.maximum(outside, 0).min(axis=1))
