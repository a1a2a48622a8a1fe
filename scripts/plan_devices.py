"""How a training step would scale over GPUs, on paper.

    python scripts/plan_devices.py

A step on N GPUs takes max(floor, its rows / N * FLOPs per row / rate) + an all-reduce of the gradients, of which
nothing is hidden behind the backward pass: in an MLP most of it is the first layer's, which comes last. A ring sends
2 (N - 1) / N times the gradients out of every GPU. Efficiency is the time of one GPU over N times that of N.
"""

import argparse

NETS = {  # parameters, FLOPs of forward and backward per row, rows per batch
    "784-256-10 (mnist_top50)": (203_530, 6 * 203_530, 256),
    "the same, batch 65536": (203_530, 6 * 203_530, 65_536),
    "10^6 inputs, hidden 32": (32_000_000, 6 * 32_000_000, 256),
    "the same, batch 16384": (32_000_000, 6 * 32_000_000, 16_384),
    "ResNet-50 and a spectral head": (25_600_000, 3 * 8.2e9, 256),
    "the same, batch 8192": (25_600_000, 3 * 8.2e9, 8192),
    "4096-16384-16384-1000": (352_000_000, 6 * 352_000_000, 4096),
}


def all_reduce(n_bytes: float, n: int, inside: float, between: float, latency: float, per_node: int) -> float:
    if n == 1:
        return 0.0
    n_nodes = -(-n // per_node)
    return latency * (1 + n_nodes**0.5) / 2 + 2 * (n - 1) / n * n_bytes / (inside if n_nodes == 1 else between)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=4e13, help="FLOPs a second that a GPU reaches")
    parser.add_argument("--floor", type=float, default=5e-4, help="seconds of a step's kernel launches")
    parser.add_argument("--inside", type=float, default=3e11, help="bytes a second between GPUs of one machine")
    parser.add_argument("--between", type=float, default=4e10, help="bytes a second and GPU between machines")
    parser.add_argument("--latency", type=float, default=3e-5, help="seconds that the smallest all-reduce takes")
    parser.add_argument("--per-node", type=int, default=8, help="GPUs of one machine")
    arguments = parser.parse_args()
    print(f"{'net':30} {'batch':>6} {'gradients':>10}  {'1 GPU':>9}  {'8 GPUs':>15}  {'64 GPUs':>15}")
    for name, (n_parameters, n_flops, n_rows) in NETS.items():
        cells = []
        for n in (1, 8, 64):
            network = (arguments.inside, arguments.between, arguments.latency, arguments.per_node)
            compute = max(arguments.floor, n_rows / n * n_flops / arguments.rate)
            cells.append(compute + all_reduce(4 * n_parameters, n, *network))
        times = f"{1e3 * cells[0]:6.2f} ms"
        for n, cell in zip((8, 64), cells[1:], strict=True):
            times += f"  {1e3 * cell:6.2f} ms {cells[0] / n / cell:5.0%}"
        print(f"{name:30} {n_rows:6} {4 * n_parameters / 1e6:7.1f} MB  {times}")


if __name__ == "__main__":
    main()
