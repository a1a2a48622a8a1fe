"""What a path run saves as inputs leave, as ratios within one run.

    spectral-data fetch mnist
    python scripts/bench_shrinking.py [--json FILE]

Three comparisons on one CPU thread, in CPU seconds of the process:
1. a whole run of `experiment=mnist_top50` on the 7000 rows of Protocol K, its files included, against the same run
   under the same penalty in which no input leaves, in alternating runs;
2. a training step of a net from which inputs were dropped, 784-512-512-10 at first, batch 256, against one of a plain
   net of the kept inputs alone, in alternating blocks;
3. the steps of 1 alone, without the framework and its data: at 20 moments of the path against as many of all inputs.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from spectral_exp.build import build
from spectral_exp.cli.compose import compose_config
from spectral_exp.model.dense_mlp import DenseMLP
from spectral_exp.model.spectral_mlp import SpectralMLP
from spectral_exp.run import run

BATCH, N_FEATURES, HIDDEN, N_CLASSES = 256, 784, [512, 512], 10
MOMENTS = 20
RECIPE = ["experiment=mnist_top50", "dataset=mnist_protocol_k", "trainer=cpu"]
# The penalty of the path, with its ramp, and all inputs selected or not at the end.
WITHOUT_SHRINKING = ["regularization.n_final=783", "regularization.start=0.999", "regularization.end=1.0"]


def seconds(work: Callable[[], object], repeats: int = 1) -> float:
    """CPU seconds of this process, which neighbours on the machine disturb less than the clock on the wall."""
    started = time.process_time()
    for _ in range(repeats):
        work()
    return time.process_time() - started


def run_ratios(n_pairs: int) -> list[float]:
    def train(seed: int, *overrides: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            run(compose_config([*RECIPE, f"seed={seed}", *overrides]), Path(folder))

    train(0, "trainer.max_epochs=2")  # the first run imports
    return [
        seconds(lambda: train(seed)) / seconds(lambda: train(seed, *WITHOUT_SHRINKING))  # noqa: B023
        for seed in range(n_pairs)
    ]


def step_of(model: nn.Module, n_inputs: int) -> Callable[[], None]:
    inputs, targets = torch.randn(BATCH, n_inputs), torch.randint(N_CLASSES, (BATCH,))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(model(inputs), targets).backward()
        optimizer.step()

    return step


def step_ratios(n_kept: int, n_pairs: int, steps_per_block: int) -> list[float]:
    torch.manual_seed(0)
    shrunk = SpectralMLP(N_FEATURES, N_CLASSES, HIDDEN)
    if n_kept < N_FEATURES:
        shrunk.input_layer.drop(torch.arange(N_FEATURES) >= n_kept)
    steps = [step_of(shrunk, n_kept), step_of(DenseMLP(n_kept, N_CLASSES, HIDDEN), n_kept)]
    for step in steps:
        seconds(step, steps_per_block)
    ratios = []
    for _ in range(n_pairs):
        of_shrunk, of_dense = (seconds(step, steps_per_block) for step in steps)
        ratios.append(of_shrunk / of_dense)
    return ratios


def loop_ratios(n_pairs: int, steps_per_block: int) -> list[float]:
    config = compose_config(RECIPE)
    path = build(config.regularization, "regularization")

    def step_at(n_kept: int) -> Callable[[], None]:
        torch.manual_seed(0)
        net = SpectralMLP(N_FEATURES, N_CLASSES, list(config.model.hidden_features))
        if n_kept < N_FEATURES:
            net.input_layer.drop(torch.arange(N_FEATURES) >= n_kept)
        return step_of(net, n_kept)

    along = [step_at(path.n_kept_at((moment + 0.5) / MOMENTS, N_FEATURES)) for moment in range(MOMENTS)]
    of_all = step_at(N_FEATURES)
    return [
        sum(seconds(step, steps_per_block) for step in along) / seconds(of_all, MOMENTS * steps_per_block)
        for _ in range(n_pairs)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="pairs of whole runs")
    parser.add_argument("--pairs", type=int, default=25, help="pairs of blocks of steps")
    parser.add_argument("--steps", type=int, default=8, help="steps per block")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    results = {"run, inputs leave / all stay": run_ratios(arguments.runs)} | {
        f"step, {n_kept:3} of {N_FEATURES} inputs kept / plain net of {n_kept}": step_ratios(
            n_kept, arguments.pairs, arguments.steps
        )
        for n_kept in (784, 400, 200, 100, 50)
    }
    results["steps along the path alone / steps of all inputs"] = loop_ratios(arguments.pairs, arguments.steps)
    print(f"{'ratio':50} {'median':>7} {'lowest':>7} {'highest':>7}  pairs")
    for name, ratios in results.items():
        print(f"{name:50} {statistics.median(ratios):7.3f} {min(ratios):7.3f} {max(ratios):7.3f}  {len(ratios)}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"torch": torch.__version__, "ratios": results}, indent=2))


if __name__ == "__main__":
    main()
