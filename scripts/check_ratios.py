"""Has something become slower? Ratios measured now, beside the recorded ones: a guard for whoever changes the hot path.

    python scripts/check_ratios.py              # exit code 1 if a ratio is more than TOLERANCE above the recorded one
    python scripts/check_ratios.py --record     # write what is measured into scripts/ratios.json

All are costs over costs of something else, measured in turn in CPU seconds of one thread, so that they hold on any
machine, roughly: never times. Medians. A change of torch or of the machine is a reason to record anew.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import bench_step
import bench_stream
import torch
from bench_startup import COMMANDS, cpu_seconds
from make_wide import make_wide

RECORDED = Path(__file__).with_name("ratios.json")
TOLERANCE = 0.15


def step_ratios() -> dict[str, list[float]]:
    return {
        f"step, spectral ({gauge} gauge) / dense": bench_step.step_ratios(gauge, True, n_pairs=25, steps_per_block=8)
        for gauge in ("free", "unit")
    } | {"epoch, framework / by hand": bench_step.epoch_ratios(15)}


def startup_ratios(n_pairs: int = 9) -> dict[str, list[float]]:
    ratios: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        for _ in range(n_pairs):
            base = cpu_seconds([sys.executable, "-c", "import torch"], Path(name))
            for command, argument in (
                ("spectral-train", "--help"),
                ("spectral-rank", "--help"),
                ("spectral-data", "list"),
            ):
                seconds = cpu_seconds([str(COMMANDS / command), argument], Path(name))
                ratios.setdefault(f"{command} {argument} / import torch", []).append(seconds / base)
    return ratios


def stream_ratios() -> dict[str, list[float]]:
    ratios = {}
    for kind in ("npy", "parquet"):
        with tempfile.TemporaryDirectory() as name:
            make_wide(Path(name), 1000, 50_000, n_planted=10, seed=0)
            found = bench_stream.bench(kind, Path(name), repeats=9, caches=["cached"])
        ratios[f"streamed epoch / plain reading, {kind}"] = [1 / found["cached"]["cpu_ratio"]]
    return ratios


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    recorded: dict[str, float] = json.loads(RECORDED.read_text(encoding="utf-8")) if RECORDED.is_file() else {}
    found = {
        name: statistics.median(ratios) for name, ratios in (step_ratios() | startup_ratios() | stream_ratios()).items()
    }
    worse = [name for name, ratio in found.items() if ratio > recorded.get(name, ratio) * (1 + TOLERANCE)]
    print("| ratio | recorded | now | |\n|---|---|---|---|")
    for name, ratio in found.items():
        before = f"{recorded[name]:.3f}" if name in recorded else "none"
        print(f"| {name} | {before} | {ratio:.3f} | {'worse' if name in worse else ''} |")
    if asked.record:
        rounded = {name: round(ratio, 3) for name, ratio in found.items()}
        RECORDED.write_text(json.dumps(rounded, indent=2) + "\n", encoding="utf-8")
    elif worse:
        sys.exit(1)


if __name__ == "__main__":
    main()
