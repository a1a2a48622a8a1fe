"""How many of the wavelengths that runs on MILES selected lie near known lines of stars, and how many would by chance.

    python scripts/near_lines.py RUN [RUN ...] [--within 10]

Lines are those marked in the paper, strong Fraunhofer lines, and the bandpasses of the Lick/IDS indices (inside of one
is at distance 0); sources stand in `spectral_exp/dataset/spectral_lines.py`. Chance is the share of all wavelengths.
"""

import argparse
from pathlib import Path

import numpy as np

from spectral_exp.dataset.spectral_lines import (
    FRAUNHOFER_LINES,
    LICK_BANDPASSES,
    MARKED_LINES,
    distance_to_lines,
)
from spectral_exp.report.run_files import RunFiles

LISTS = {"lines of the paper": MARKED_LINES, "Fraunhofer lines": FRAUNHOFER_LINES, "Lick/IDS": LICK_BANDPASSES}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--within", type=float, default=10.0, help="Angstrom")
    arguments = parser.parse_args()
    print(f"{'run':<24} {'wavelengths':>11}  " + "  ".join(f"{name + ' (chance)':>28}" for name in LISTS))
    for folder in arguments.runs:
        run = RunFiles(folder)
        assert run.dataset.axis is not None, f"{folder}: no wavelengths"
        wavelengths = run.dataset.axis.values
        selected = wavelengths[[one.feature for one in run.ranking if one.selected]]
        cells = []
        for lines in LISTS.values():
            share, chance = (
                np.mean(distance_to_lines(of, lines.values()) <= arguments.within) for of in (selected, wavelengths)
            )
            cells.append(f"{share:.2f} ({chance:.2f})")
        print(f"{folder.name[-24:]:<24} {len(selected):>11}  " + "  ".join(f"{cell:>28}" for cell in cells))


if __name__ == "__main__":
    main()
