"""The first layer on sparse rows against the same layer on dense ones: forward and backward, CPU milliseconds.

    python scripts/bench_sparse.py [--rows 256] [--inputs 100000] [--outputs 64] [--filled 0.001] [--json FILE]

One thread, median of the repeats with the variants in turn. `torch` is torch's own product of a CSR matrix and the
dense weight, with its gradient.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import scipy.sparse
import torch
from torch import Tensor

from spectral_exp.functional.sparse import csr
from spectral_exp.functional.spectral import spectral_linear


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--outputs", type=int, default=64)
    parser.add_argument("--filled", type=float, default=0.001)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    shape = (asked.rows, asked.inputs)
    drawn = scipy.sparse.random_array(shape, density=asked.filled, format="csr", rng=np.random.default_rng(0))
    starts, columns = (torch.from_numpy(values.astype(np.int64)) for values in (drawn.indptr, drawn.indices))
    sparse = csr(starts, columns, torch.from_numpy(drawn.data.astype(np.float32)), asked.inputs)
    dense = sparse.to_dense()
    eigenvalues = torch.ones(asked.inputs, requires_grad=True)
    vectors = torch.randn(asked.outputs, asked.inputs).mul_(0.01).requires_grad_()
    of_outputs = torch.randn(asked.rows, asked.outputs)

    variants: dict[str, Callable[[], Tensor]] = {
        "dense": lambda: spectral_linear(dense, eigenvalues, vectors, None),
        "torch": lambda: sparse @ (vectors * eigenvalues).t(),
        "sparse": lambda: spectral_linear(sparse, eigenvalues, vectors, None),
        "sparse, unit gauge": lambda: spectral_linear(sparse, eigenvalues, vectors, None, is_unit=True),
    }
    times: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(asked.repeats + 2):
        for name, forward in variants.items():
            eigenvalues.grad = vectors.grad = None
            started = time.process_time()
            forward().backward(of_outputs)
            times[name].append(1e3 * (time.process_time() - started))
    print("| layer | ms | of dense |\n|---|---|---|")
    medians = {name: statistics.median(found[2:]) for name, found in times.items()}
    for name, median in medians.items():
        print(f"| {name} | {median:.1f} | {median / medians['dense']:.2f} |")
    if asked.json:
        asked.json.write_text(json.dumps(medians, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
