"""What two processes cost that train together, as ratios within one run.

    python scripts/bench_ddp.py [--json FILE]

Two processes on this machine's CPU (gloo, one thread each) take steps of the same net, each with half of a batch, L1 on
the eigenvalues, fused Adam. Kinds of step alternate in blocks, in CPU seconds of the first process, gloo's threads
included: other work on the machine disturbs them less than the clock on the wall, but waiting is not in them.
1. DDP / the same without communication: the overhead;
2. the input layer outside DDP, as under regularization=path / DDP: what it costs to leave it out;
3. one process with the whole batch / DDP: the speed-up with a free core for each, 2 at best.
"""

import argparse
import json
import os
import socket
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, multiprocessing
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

from spectral_exp.collectives import average_gradients
from spectral_exp.model.spectral_mlp import SpectralMLP
from spectral_exp.regularization.l1 import L1
from spectral_exp.regularization.schedule.constant import Constant

PENALTY = L1(1e-3, Constant())
NETS = {  # inputs, hidden, outputs; rows per batch
    "784-256-10, batch 256": (784, [256], 10, 256),
    "784-256-10, batch 2048": (784, [256], 10, 2048),
    "784-512-512-10, batch 256": (784, [512, 512], 10, 256),
    "4300-64-7, batch 64": (4300, [64], 7, 64),
    "50-256-10, batch 256": (50, [256], 10, 256),
}
RATIOS = {
    "DDP / no communication": ("ddp", "silent"),
    "input layer outside DDP / DDP": ("outside", "ddp"),
    "one process / DDP (speed-up)": ("alone", "ddp"),
}


def steps_of(n_inputs: int, hidden: list[int], n_outputs: int, n_rows: int) -> dict[str, Callable[[], None]]:
    torch.manual_seed(0)
    inputs, targets = torch.randn(n_rows, n_inputs), torch.randint(n_outputs, (n_rows,))
    share = slice(dist.get_rank(), None, 2)

    def net() -> SpectralMLP:
        return SpectralMLP(n_inputs, n_outputs, hidden)

    def step_of(model: torch.nn.Module, net: SpectralMLP, rows: slice, own: list[Tensor]) -> Callable[[], None]:
        optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, fused=True)
        x, y = inputs[rows], targets[rows]

        def step() -> None:
            loss = F.cross_entropy(model(x), y) + PENALTY.penalty(net.input_layer, progress=1.0)
            optimizer.zero_grad()
            loss.backward()
            average_gradients(own)
            optimizer.step()

        return step

    in_ddp, silent, outside, alone = net(), net(), net(), net()
    own = {"layers.0.eigenvalues": outside.input_layer.eigenvalues}
    own["layers.0.raw_eigenvectors"] = outside.input_layer.raw_eigenvectors
    for one, names in ((in_ddp, []), (outside, list(own))):
        buffers = [name for name, _ in one.named_buffers()]  # which never differ
        DistributedDataParallel._set_params_and_buffers_to_ignore_for_model(one, names + buffers)
    return {
        "ddp": step_of(DistributedDataParallel(in_ddp), in_ddp, share, []),
        "silent": step_of(silent, silent, share, []),
        "outside": step_of(DistributedDataParallel(outside), outside, share, list(own.values())),
        "alone": step_of(alone, alone, slice(None), []) if dist.get_rank() == 0 else lambda: None,
    }


def seconds(step: Callable[[], None], n_steps: int) -> float:
    dist.barrier()
    started = time.process_time()
    for _ in range(n_steps):
        step()
    return time.process_time() - started


def measure(rank: int, port: int, n_pairs: int, n_steps: int, answers: "multiprocessing.SimpleQueue") -> None:
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    torch.set_num_threads(1)
    dist.init_process_group("gloo", rank=rank, world_size=2)
    for name, shape in NETS.items():
        steps = steps_of(*shape)
        for step in steps.values():
            seconds(step, n_steps)
        blocks = [{kind: seconds(step, n_steps) for kind, step in steps.items()} for _ in range(n_pairs)]
        if rank == 0:
            n_bytes = 4 * sum(parameter.numel() for parameter in SpectralMLP(shape[0], shape[2], shape[1]).parameters())
            answers.put((name, n_bytes, blocks))
    dist.destroy_process_group()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=25)
    parser.add_argument("--steps", type=int, default=10, help="steps per block")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    context = multiprocessing.get_context("spawn")
    answers = context.SimpleQueue()
    processes = multiprocessing.spawn(measure, (port, arguments.pairs, arguments.steps, answers), nprocs=2, join=False)
    results: dict[str, dict[str, list[float]]] = {}
    print(f"{'net':26} {'gradients':>9}  {'ratio':30} {'median':>7} {'quartiles':>13}  pairs")
    for _ in NETS:
        name, n_bytes, blocks = answers.get()
        results[name] = {}
        for ratio, (over, under) in RATIOS.items():
            values = results[name][ratio] = [block[over] / block[under] for block in blocks]
            low, middle, high = statistics.quantiles(values, n=4)
            print(f"{name:26} {n_bytes / 1e6:6.2f} MB  {ratio:30} {middle:7.2f} {low:6.2f} {high:6.2f}  {len(values)}")
    processes.join()
    if arguments.json:
        arguments.json.write_text(json.dumps({"torch": torch.__version__, "ratios": results}, indent=2))


if __name__ == "__main__":
    main()
