"""How time and memory grow with rows and inputs, and a run with a million inputs.

    python scripts/bench_scale.py curves [--repeats 3] [--json FILE]
        CPU seconds of an epoch (training, validation, checkpoint) of rows that are streamed from .npy files, against
        n at d = 1000 and against d at n = 400, hidden 32, batch 64; the exponent is the slope of log seconds over log
        size, and sizes take turns.
    python scripts/bench_scale.py million [--inputs 1000000] [--rows 2000] [--json FILE]
        `spectral-train` and `spectral-report` on a drawn matrix of 8 GB (scripts/make_wide.py): peak of the anonymous
        memory above that of the same commands with 1000 inputs, beside a batch, the parameters and Adam's state.

All on one thread; files lie in --folder and are deleted afterwards.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
from make_wide import make_wide
from peak_memory import run_watched

COMMANDS = Path(sys.executable).parent
ROWS, INPUTS = (10_000, 30_000, 100_000), (30_000, 100_000, 300_000)
INPUTS_OF_ROWS, ROWS_OF_INPUTS = 1000, 400
BATCH, HIDDEN = 64, 32
MODEL = ["trainer=cpu", "~size", f"model.hidden_features=[{HIDDEN}]", f"batch_size={BATCH}"]


def options(folder: Path) -> list[str]:
    return ["dataset=npy", f"dataset.path={folder / 'x.npy'}", f"dataset.targets={folder / 'y.npy'}", *MODEL]


def seconds_per_epoch(folder: Path, scratch: Path) -> float:
    """CPU seconds from the start of the second epoch to that of the third."""
    import pytorch_lightning as pl

    from spectral_exp.build import build
    from spectral_exp.cli.compose import compose_config
    from spectral_exp.settings import read_settings
    from spectral_exp.tracking.console import quiet_lightning
    from spectral_exp.training.training import prepare_training

    class Clock(pl.Callback):
        def __init__(self) -> None:
            self.starts: list[float] = []

        def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
            self.starts.append(time.process_time())

    config = compose_config([*options(folder), "trainer.max_epochs=3"])
    clock = Clock()
    with quiet_lightning():
        data = build(config.dataset, "dataset").load()
        selection = build(config.selection, "selection")
        training = prepare_training(config, read_settings(config), scratch, data, selection, callbacks=[clock])
        training.fit(None)
    shutil.rmtree(scratch, ignore_errors=True)
    return clock.starts[2] - clock.starts[1]


def curve(folder: Path, sizes: list[tuple[int, int]], repeats: int) -> list[float]:
    """Median CPU seconds of an epoch for every (rows, inputs), measured in turn."""
    for rows, inputs in sizes:
        make_wide(folder / f"{rows}_{inputs}", inputs, rows, n_planted=10, seed=0)
    times: list[list[float]] = [[] for _ in sizes]
    for _ in range(repeats):
        for (rows, inputs), found in zip(sizes, times, strict=True):
            found.append(seconds_per_epoch(folder / f"{rows}_{inputs}", folder / "run"))
    for rows, inputs in sizes:
        shutil.rmtree(folder / f"{rows}_{inputs}")
    return [statistics.median(found) for found in times]


def exponent(sizes: list[int], seconds: list[float]) -> float:
    """Slope of log seconds over log size."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def curves(folder: Path, repeats: int) -> dict[str, object]:
    results: dict[str, object] = {}
    for name, sizes, pairs in (
        ("n", ROWS, [(rows, INPUTS_OF_ROWS) for rows in ROWS]),
        ("d", INPUTS, [(ROWS_OF_INPUTS, inputs) for inputs in INPUTS]),
    ):
        seconds = curve(folder, pairs, repeats)
        slope = exponent(list(sizes), seconds)
        print(f"| {name} | CPU s per epoch |\n|---|---|")
        for size, value in zip(sizes, seconds, strict=True):
            print(f"| {size} | {value:.2f} |")
        print(f"exponent of {name}: {slope:.2f}\n", flush=True)
        results[name] = {"sizes": sizes, "seconds": seconds, "exponent": slope}
    return results


def million(folder: Path, n_inputs: int, n_rows: int) -> dict[str, object]:
    peaks: dict[str, list[float]] = {}
    for inputs in (1000, n_inputs):
        data, run = folder / str(inputs), folder / f"run_{inputs}"
        if not (data / "x.npy").is_file():
            make_wide(data, inputs, n_rows, n_planted=10, seed=0)
        where = ["trainer.max_epochs=2", f"hydra.run.dir={run}", "dataset.buffer_megabytes=64"]
        train = run_watched([str(COMMANDS / "spectral-train"), *options(data), *where])
        report = run_watched([str(COMMANDS / "spectral-report"), str(run)])
        peaks[str(inputs)] = [*train, *report]
        print(
            f"{inputs} inputs: spectral-train {train[0]:.0f} MiB, {train[1]:.0f} CPU s; spectral-report "
            f"{report[0]:.0f} MiB, {report[1]:.0f} CPU s; page {(run / 'report.html').stat().st_size / 1e6:.1f} MB",
            flush=True,
        )
    mebi = 4 / (1 << 20)
    batch, parameters = BATCH * n_inputs * mebi, (HIDDEN + 1) * n_inputs * mebi
    more = peaks[str(n_inputs)][0] - peaks["1000"][0]
    print(
        f"a batch {batch:.0f} MiB, parameters {parameters:.0f}, Adam's state {2 * parameters:.0f}; above 1000 inputs: "
        f"{more:.0f} MiB = {more / (batch + 3 * parameters):.2f} x (batch + parameters + state)"
    )
    return {"peaks": peaks, "more": more, "batch": batch, "parameters": parameters}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["curves", "million"])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--folder", type=Path, help="where files are made; a temporary folder by default")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        if asked.what == "curves":
            results = curves(Path(folder), asked.repeats)
        else:
            results = million(Path(folder), asked.inputs, asked.rows)
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
