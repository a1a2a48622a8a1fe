"""How many of the most relevant inputs of a run other runs have among theirs, and what each scored on the test part.

python scripts/shared_top.py RUN OTHER [OTHER ...] [--k 50]

Sets are compared, not places: how much of a selection another device, precision or seed repeats.
"""

import argparse
from pathlib import Path

from spectral_exp.report.run_files import RunFiles


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--k", type=int, default=50)
    arguments = parser.parse_args()
    first: set[int] | None = None
    for folder in arguments.runs:
        run = RunFiles(folder)
        top = {one.feature for one in run.ranking[: arguments.k]}
        first = top if first is None else first
        scores = {name: value for name, value in run.metrics.items() if name in ("test/accuracy", "test/mae")}
        print(f"{folder}: {len(top & first)} of {arguments.k} shared with the first, {scores}")


if __name__ == "__main__":
    main()
