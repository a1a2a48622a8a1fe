"""What a spectral layer and the framework cost, as ratios within one run.

    python scripts/bench_step.py [--json FILE]

Two comparisons on one CPU thread, 784-512-512-10, batch 256, L1 on the eigenvalues,
in CPU seconds of the process:
1. a training step of the spectral net against the same net with plain layers, in alternating blocks;
2. a training epoch of `spectral-train` (validation, trace, checkpoint included) against a loop written by hand that
   trains and validates the same net on the same rows, in alternating epochs.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

os.environ["SPECTRAL_EXP_ALLOW"] = "bench_step."

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from spectral_exp.cli.compose import compose_config
from spectral_exp.model.dense_mlp import DenseMLP
from spectral_exp.model.spectral_mlp import SpectralMLP
from spectral_exp.regularization.l1 import L1
from spectral_exp.regularization.schedule.constant import Constant
from spectral_exp.run import run

BATCH, N_FEATURES, HIDDEN, N_CLASSES = 256, 784, [512, 512], 10
STRENGTH = 1e-3
PENALTY = L1(STRENGTH, Constant())
OVERRIDES = [
    "dataset=gaussian_independent",
    f"dataset.n_features={N_FEATURES}",
    "dataset.n_rows=16000",
    "size=large",
    f"batch_size={BATCH}",
    f"regularization.strength={STRENGTH}",
    "trainer=cpu",
]


def step_of(model: nn.Module, inputs: Tensor, targets: Tensor, is_fused: bool) -> Callable[[], None]:
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=is_fused)

    def step() -> None:
        loss = F.cross_entropy(model(inputs), targets)
        if isinstance(model, SpectralMLP):
            loss = loss + PENALTY.penalty(model.input_layer, progress=1.0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def seconds(work: Callable[[], Any], repeats: int = 1) -> float:
    """CPU seconds of this process, which neighbours on the machine disturb less than the clock on the wall."""
    started = time.process_time()
    for _ in range(repeats):
        work()
    return time.process_time() - started


def step_ratios(gauge: str, is_fused: bool, n_pairs: int, steps_per_block: int) -> list[float]:
    torch.manual_seed(0)
    inputs, targets = torch.randn(BATCH, N_FEATURES), torch.randint(N_CLASSES, (BATCH,))
    spectral = step_of(SpectralMLP(N_FEATURES, N_CLASSES, HIDDEN, gauge=gauge), inputs, targets, is_fused)
    dense = step_of(DenseMLP(N_FEATURES, N_CLASSES, HIDDEN), inputs, targets, is_fused)
    for work in (spectral, dense):
        seconds(work, steps_per_block)
    return [seconds(spectral, steps_per_block) / seconds(dense, steps_per_block) for _ in range(n_pairs)]


class EpochPairs(pl.Callback):
    """After each epoch of the framework, time one of the loop written by hand."""

    ratios: ClassVar[list[float]] = []

    def on_fit_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        data = trainer.datamodule.data  # type: ignore[attr-defined]
        torch.manual_seed(0)
        model = SpectralMLP(N_FEATURES, data.info.n_outputs, HIDDEN)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

        def epoch() -> None:
            model.train()
            order = torch.randperm(len(data.train))
            for rows in order.split(BATCH):
                inputs, targets = data.train.inputs[rows], data.train.targets[rows]
                loss = F.cross_entropy(model(inputs), targets)
                loss = loss + STRENGTH * model.input_layer.eigenvalues.abs().sum()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            model.eval()
            with torch.no_grad():
                outputs = model(data.val.inputs)
                F.cross_entropy(outputs, data.val.targets).item()
                (outputs.argmax(1) == data.val.targets).float().mean().item()

        self.by_hand = epoch

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        now = time.process_time()
        if trainer.current_epoch > 1:  # the first epoch warms up
            self.ratios.append((now - self.started) / seconds(self.by_hand))
        self.started = time.process_time()


def epoch_ratios(n_pairs: int) -> list[float]:
    sys.path.insert(0, str(Path(__file__).parent))
    import bench_step  # the class that the config names, not this module's

    overrides = [*OVERRIDES, f"trainer.max_epochs={n_pairs + 2}", "+callbacks.pairs._target_=bench_step.EpochPairs"]
    config = compose_config(overrides)
    with tempfile.TemporaryDirectory() as folder:
        run(config, Path(folder))
    return bench_step.EpochPairs.ratios


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=25)
    parser.add_argument("--steps", type=int, default=8, help="steps per block")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    results = {
        f"step, spectral ({gauge} gauge) / dense, {'fused' if is_fused else 'plain'} Adam": step_ratios(
            gauge, is_fused, arguments.pairs, arguments.steps
        )
        for gauge in ("free", "unit")
        for is_fused in (False, True)
    } | {
        "epoch, framework / by hand": epoch_ratios(arguments.pairs),
    }
    print(f"{'ratio':50} {'median':>7} {'lowest':>7} {'highest':>7}  pairs")
    for name, ratios in results.items():
        print(f"{name:50} {statistics.median(ratios):7.3f} {min(ratios):7.3f} {max(ratios):7.3f}  {len(ratios)}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"torch": torch.__version__, "ratios": results}, indent=2))


if __name__ == "__main__":
    main()
