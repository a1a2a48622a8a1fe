"""Write a matrix of very many inputs, of which a few matter, row block by row block.

    python scripts/make_wide.py FOLDER [--inputs 1000000] [--rows 2000] [--planted 10] [--seed 0]

FOLDER/x.npy holds standard normal float32 inputs; the class, in FOLDER/y.npy, is the sign of the sum of the planted
ones, which lie evenly spaced among all.
"""

import argparse
from pathlib import Path

import numpy as np

BLOCK_BYTES = 1 << 26


def make_wide(folder: Path, n_inputs: int, n_rows: int, n_planted: int, seed: int) -> np.ndarray:
    """Write both files and give the planted inputs' positions."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    planted = np.linspace(0, n_inputs - 1, n_planted).round().astype(int)
    classes = np.empty(n_rows, np.int64)
    block = max(1, BLOCK_BYTES // (4 * n_inputs))
    header = {"descr": "<f4", "fortran_order": False, "shape": (n_rows, n_inputs)}
    with (folder / "x.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, n_rows, block):
            rows = rng.standard_normal((min(block, n_rows - start), n_inputs), dtype=np.float32)
            classes[start : start + len(rows)] = rows[:, planted].sum(axis=1) > 0
            file.write(rows.data)
    np.save(folder / "y.npy", classes)
    return planted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--planted", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    planted = make_wide(asked.folder, asked.inputs, asked.rows, asked.planted, asked.seed)
    print(f"{asked.folder / 'x.npy'}: {asked.rows} rows of {asked.inputs} inputs; planted: {planted.tolist()}")


if __name__ == "__main__":
    main()
