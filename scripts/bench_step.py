"""What a spectral layer and the framework cost, as ratios within one run.

    python scripts/bench_step.py [--device cuda [--compile]] [--json FILE]

Two comparisons, 784-512-512-10, batch 256, L1 on the eigenvalues:
1. a training step of the spectral net against the same net with plain layers, in alternating blocks;
2. a training epoch of `spectral-train` (validation, trace, checkpoint included) against a loop written by hand that
   trains and validates the same net on the same rows, in alternating epochs.
On a CPU in one thread, and in CPU seconds of the process; on a GPU in seconds, at the end of which
the device is waited for. There steps are taken in float32 (TF32) and in bf16-mixed, and rows per second are printed
too: of the nets above at two batch sizes, and of a `spectral_cnn` on images of 3 x 32 x 32.
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
from spectral_exp.model.spectral_cnn import SpectralCNN
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
]


def step_of(
    model: nn.Module, inputs: Tensor, targets: Tensor, is_fused: bool = True, is_mixed: bool = False
) -> Callable[[], None]:
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=is_fused)

    def step() -> None:
        with torch.autocast(inputs.device.type, torch.bfloat16, enabled=is_mixed):
            loss = F.cross_entropy(model(inputs), targets)
        if isinstance(model, SpectralMLP):
            loss = loss + PENALTY.penalty(model.input_layer, progress=1.0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def now() -> float:
    """CPU seconds, which neighbours disturb less than the clock on the wall; with a GPU seconds, its work done."""
    if not torch.cuda.is_initialized():
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()


def seconds(work: Callable[[], Any], repeats: int = 1) -> float:
    started = now()
    for _ in range(repeats):
        work()
    return now() - started


def gpu_results(
    n_pairs: int, steps_per_block: int, also_compiled: bool
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Ratios of steps, and rows per second, on a GPU."""
    ratios, speeds = {}, {}

    def drawn(n_rows: int, *shape: int) -> tuple[Tensor, Tensor]:
        return torch.randn(n_rows, *shape, device="cuda"), torch.randint(N_CLASSES, (n_rows,), device="cuda")

    def made(make: Callable[..., nn.Module], *sizes: Any, is_compiled: bool = False, **options: Any) -> nn.Module:
        torch.manual_seed(0)
        model = make(*sizes, **options).cuda()
        if is_compiled:
            model.compile()
        return model

    torch.set_float32_matmul_precision("high")
    for batch, is_mixed, is_compiled in (
        *((BATCH, is_mixed, is_compiled) for is_compiled in {False, also_compiled} for is_mixed in (False, True)),
        (8192, False, False),
        (8192, True, False),
    ):
        rows, options = drawn(batch, N_FEATURES), {"is_compiled": is_compiled}
        nets = [
            made(SpectralMLP, N_FEATURES, N_CLASSES, HIDDEN, **options),
            made(DenseMLP, N_FEATURES, N_CLASSES, HIDDEN, **options),
        ]
        spectral, dense = (step_of(net, *rows, is_mixed=is_mixed) for net in nets)
        name = f"batch {batch}, {'bf16-mixed' if is_mixed else 'TF32'}{', compiled' * is_compiled}"
        for step in (spectral, dense):
            seconds(step, steps_per_block)
        pairs = [(seconds(spectral, steps_per_block), seconds(dense, steps_per_block)) for _ in range(n_pairs)]
        ratios[f"step, spectral / dense, {name}"] = [one / other for one, other in pairs]
        speeds[f"rows/s, spectral, {name}"] = batch * steps_per_block / statistics.median(one for one, _ in pairs)
    for is_mixed in (False, True):
        step = step_of(made(SpectralCNN, (3, 32, 32), N_CLASSES), *drawn(BATCH, 3, 32, 32), is_mixed=is_mixed)
        seconds(step, steps_per_block)
        taken = statistics.median(seconds(step, steps_per_block) for _ in range(n_pairs))
        speeds[f"images/s, spectral_cnn, {'bf16-mixed' if is_mixed else 'TF32'}"] = BATCH * steps_per_block / taken
    return ratios, speeds


def step_ratios(gauge: str, is_fused: bool, n_pairs: int, steps_per_block: int, batch: int = BATCH) -> list[float]:
    torch.manual_seed(0)
    inputs, targets = torch.randn(batch, N_FEATURES), torch.randint(N_CLASSES, (batch,))
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
        device = trainer.strategy.root_device
        train, val = data.train.to(device), data.val.to(device)
        model = SpectralMLP(N_FEATURES, data.info.n_outputs, HIDDEN).to(device)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

        def epoch() -> None:
            model.train()
            order = torch.randperm(len(train)).to(device)
            for rows in order.split(BATCH):
                inputs, targets = train.inputs[rows], train.targets[rows]
                loss = F.cross_entropy(model(inputs), targets)
                loss = loss + STRENGTH * model.input_layer.eigenvalues.abs().sum()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            model.eval()
            with torch.no_grad():
                outputs = model(val.inputs)
                F.cross_entropy(outputs, val.targets).item()
                (outputs.argmax(1) == val.targets).float().mean().item()

        self.by_hand = epoch

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        ended = now()
        if trainer.current_epoch > 1:  # the first epoch warms up
            self.ratios.append((ended - self.started) / seconds(self.by_hand))
        self.started = now()


def epoch_ratios(n_pairs: int, device: str = "cpu") -> list[float]:
    sys.path.insert(0, str(Path(__file__).parent))
    import bench_step  # the class that the config names, not this module's

    trainer = "gpu" if device == "cuda" else "cpu"
    overrides = [
        *OVERRIDES,
        f"trainer={trainer}",
        f"trainer.max_epochs={n_pairs + 2}",
        "+callbacks.pairs._target_=bench_step.EpochPairs",
    ]
    config = compose_config(overrides)
    with tempfile.TemporaryDirectory() as folder:
        run(config, Path(folder))
    return bench_step.EpochPairs.ratios


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--compile", action="store_true", help="on a GPU, compiled nets too")
    parser.add_argument("--batch", type=int, default=BATCH, help="rows of a step in the first comparison, on a CPU")
    parser.add_argument("--pairs", type=int, default=25)
    parser.add_argument("--steps", type=int, default=8, help="steps per block")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    speeds: dict[str, float] = {}
    if arguments.device == "cuda":
        results, speeds = gpu_results(arguments.pairs, arguments.steps, arguments.compile)
    else:
        results = {
            f"step, spectral ({gauge} gauge) / dense, {'fused' if is_fused else 'plain'} Adam": step_ratios(
                gauge, is_fused, arguments.pairs, arguments.steps, arguments.batch
            )
            for gauge in ("free", "unit")
            for is_fused in (False, True)
        }
    results["epoch, framework / by hand"] = epoch_ratios(arguments.pairs, arguments.device)
    print(f"{'ratio':50} {'median':>7} {'lowest':>7} {'highest':>7}  pairs")
    for name, ratios in results.items():
        print(f"{name:50} {statistics.median(ratios):7.3f} {min(ratios):7.3f} {max(ratios):7.3f}  {len(ratios)}")
    for name, speed in speeds.items():
        print(f"{name:50} {speed:12,.0f}")
    if arguments.json:
        arguments.json.write_text(
            json.dumps({"torch": torch.__version__, "ratios": results, "speeds": speeds}, indent=2)
        )


if __name__ == "__main__":
    main()
