"""How fast a table streams, against what reading it costs, and how much memory that takes.

    python scripts/bench_stream.py [--gigabytes 6] [--inputs 1000] [--kinds npy parquet hdf5] [--json FILE]

For each format a float32 table of the size asked for is written and then read in turn: plainly, block by block into
memory that is used again (`readinto`, `read_direct`; `read_row_group` of 32 MiB), and as a shuffled, standardised epoch
of batches of 256 of all its rows. The ratio is plain reading / epoch, in seconds and in CPU seconds: 1 means that
shuffling, scaling and batching are free. `cold`: what the system keeps of the file is dropped before every pass
(`posix_fadvise`), as for a table that is larger than memory; `cached`: it is all there. `memory` is by how much the
passes raise the peak of the process's anonymous memory; `fit` is the pass over the file that fits the scaling, in CPU
seconds. Files are deleted afterwards.
"""

import argparse
import json
import os
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

os.environ["OMP_NUM_THREADS"] = "1"

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet
from make_wide import make_wide

from spectral_exp.dataset.hdf5 import HDF5
from spectral_exp.dataset.loading import TensorLoader
from spectral_exp.dataset.npy import Npy
from spectral_exp.dataset.parquet import Parquet
from spectral_exp.dataset.streamed import Streamed

BLOCK_BYTES, ROW_GROUP_BYTES = 1 << 22, 1 << 25
Cache = Literal["cold", "cached"]
CACHES: tuple[Cache, ...] = ("cold", "cached")


def blocks(folder: Path) -> Iterator[np.ndarray]:
    matrix = np.load(folder / "x.npy", mmap_mode="r")
    rows = max(1, ROW_GROUP_BYTES // matrix[0].nbytes)
    for start in range(0, len(matrix), rows):
        yield matrix[start : start + rows]


def write(kind: str, folder: Path) -> Streamed:
    """Write the table once more in a format, and give the data set that reads it."""
    classes = np.load(folder / "y.npy")
    split = {"val_fraction": 0.01, "test_fraction": 0.01}
    if kind == "npy":
        return Npy(str(folder / "x.npy"), str(folder / "y.npy"), **split)
    if kind == "hdf5":
        with h5py.File(folder / "x.h5", "w") as file:
            inputs = np.load(folder / "x.npy", mmap_mode="r")
            file.create_dataset("y", data=classes)
            matrix = file.create_dataset("x", inputs.shape, "f4")
            start = 0
            for block in blocks(folder):
                matrix[start : start + len(block)] = block
                start += len(block)
        return HDF5(str(folder / "x.h5"), **split)
    writer, start = None, 0
    for block in blocks(folder):
        names = [f"x{column}" for column in range(block.shape[1])]
        columns = [*np.ascontiguousarray(block.T), classes[start : start + len(block)]]
        table = pa.table(columns, names=[*names, "y"])
        options = {"compression": "none", "use_dictionary": False}
        writer = writer or pyarrow.parquet.ParquetWriter(folder / "x.parquet", table.schema, **options)
        writer.write_table(table)
        start += len(block)
    assert writer is not None
    writer.close()
    return Parquet(str(folder / "x.parquet"), "y", **split)


def read_plainly(kind: str, path: str) -> None:
    if kind == "npy":
        block = np.empty(BLOCK_BYTES, np.uint8)
        with Path(path).open("rb", buffering=0) as file:
            while file.readinto(block.data):
                pass
    elif kind == "hdf5":
        with h5py.File(path) as file:
            matrix = file["x"]
            rows = max(1, BLOCK_BYTES // (4 * matrix.shape[1]))
            block = np.empty((rows, matrix.shape[1]), "f4")
            for start in range(0, len(matrix), rows):
                end = min(start + rows, len(matrix))
                matrix.read_direct(block, np.s_[start:end], np.s_[: end - start])
    else:
        file = pyarrow.parquet.ParquetFile(path)
        for group in range(file.num_row_groups):
            file.read_row_group(group)


def forget(path: str) -> None:
    """Drop a file from the system's cache."""
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)


def anonymous() -> float:
    """Anonymous memory of this process in MiB."""
    found = re.search(r"RssAnon:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


@contextmanager
def watched() -> Iterator[list[float]]:
    """Sample this process's memory: the first value is that of the start, the last the peak."""
    seen, over = [anonymous()], threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            seen.append(anonymous())

    thread = threading.Thread(target=watch)
    thread.start()
    yield seen
    over.set()
    thread.join()
    seen.append(max(seen))


def timed(function: Callable[[], None]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    function()
    return time.perf_counter() - wall, time.process_time() - cpu


def bench(kind: str, folder: Path, repeats: int, caches: Sequence[Cache] = CACHES) -> dict[str, dict[str, float]]:
    source = write(kind, folder)
    fit_started = time.process_time()
    data = source.load()  # which reads the file, too
    fit = time.process_time() - fit_started
    everything = data.train.joined(data.val).joined(data.test)

    def epoch() -> None:
        for _ in TensorLoader(everything, 256, shuffle=True):
            pass

    passes = (lambda: read_plainly(kind, source.path), epoch)
    times: dict[str, list[list[tuple[float, float]]]] = {cache: [] for cache in caches}
    with watched() as memory:
        for _ in range(repeats):
            for cache, found in times.items():
                found.append([])
                for read in passes:
                    if cache == "cold":
                        forget(source.path)
                    found[-1].append(timed(read))
    size = Path(source.path).stat().st_size / 1e9
    common = {"gigabytes": size, "memory": memory[-1] - memory[0], "fit": fit}
    return {cache: common | ratios(found) for cache, found in times.items()}


def ratios(pairs: list[list[tuple[float, float]]]) -> dict[str, float]:
    """Compare passes that took turns, (seconds, CPU seconds) of plain reading and of an epoch."""
    found = {}
    for number, prefix in enumerate(("", "cpu_")):
        plain, epoch = ([times[number] for times in passes] for passes in zip(*pairs, strict=True))
        each = [p / e for p, e in zip(plain, epoch, strict=True)]
        found |= {f"{prefix}plain": statistics.median(plain), f"{prefix}epoch": statistics.median(epoch)}
        found |= {f"{prefix}ratio": statistics.median(each), f"{prefix}low": min(each), f"{prefix}high": max(each)}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=6.0)
    parser.add_argument("--inputs", type=int, default=1000)
    parser.add_argument("--kinds", nargs="+", default=["npy", "parquet", "hdf5"])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where files are made; a temporary folder by default")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    results = {}
    print("| format | GB | cache | plain s | epoch s | ratio (range) | CPU ratio (range) | memory MiB | fit CPU s |")
    print("|---|---|---|---|---|---|---|---|---|")
    for kind in asked.kinds:
        with tempfile.TemporaryDirectory(dir=asked.folder) as name:
            folder = Path(name)
            make_wide(folder, asked.inputs, int(asked.gigabytes * 1e9 / 4 / asked.inputs), n_planted=10, seed=0)
            results[kind] = bench(kind, folder, asked.repeats)
        for cache, found in results[kind].items():
            print(
                "| {kind} | {gigabytes:.2f} | {cache} | {plain:.2f} | {epoch:.2f} | {ratio:.2f} ({low:.2f} to "
                "{high:.2f}) | {cpu_ratio:.2f} ({cpu_low:.2f} to {cpu_high:.2f}) | {memory:.0f} | {fit:.1f} |".format(
                    kind=kind, cache=cache, **found
                ),
                flush=True,
            )
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
