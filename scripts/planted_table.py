"""Write a table whose relevant columns are known, to see what a ranking is worth.

    python scripts/planted_table.py planted.csv [--rows 1000] [--noise 25] [--levels 3 8 12] [--seed 0]
    spectral-train dataset=tabular dataset.path=planted.csv dataset.target=label

The label is drawn from three additive effects and one interaction: `either` and `or_other` matter only together, each
of them alone tells nothing. All other columns are noise, those of text with a number of levels each.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

PLANTED = ("strong", "medium", "weak", "either", "or_other")


def planted_table(n_rows: int, n_noise: int, levels: Sequence[int], seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    names = [*PLANTED, *(f"noise_{j}" for j in range(n_noise))]
    table = pd.DataFrame(random.standard_normal((n_rows, len(names))), columns=names)
    score = 1.2 * table.strong + 0.9 * table.medium - 0.6 * table.weak + 1.5 * table.either * table.or_other
    table["label"] = np.where(random.random(n_rows) < 1 / (1 + np.exp(-1.5 * score)), "yes", "no")
    for n_levels in levels:
        table[f"noise_of_{n_levels}"] = random.choice([f"level_{j}" for j in range(n_levels)], n_rows)
    order = random.permutation(table.columns.drop("label"))  # the position of a column is to tell nothing
    return table[[*order, "label"]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--noise", type=int, default=25, help="columns of noise")
    parser.add_argument("--levels", type=int, nargs="*", default=[], help="of columns of text, noise too")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    planted_table(arguments.rows, arguments.noise, arguments.levels, arguments.seed).to_csv(arguments.path, index=False)


if __name__ == "__main__":
    main()
