"""How much faster is a sweep as one batch of networks? CPU seconds of both, from configurations to run folders."""

import argparse
import logging
import statistics
import tempfile
import time
from itertools import product
from pathlib import Path

import torch

from spectral_exp.cli.compose import compose_config
from spectral_exp.members.train import JobBatches, Packing
from spectral_exp.run import run
from spectral_exp.sweep.job import Job, JobEnd

SETS = {
    "small": [
        "dataset=gaussian_independent",
        "dataset.n_rows=14286",  # of which 10000 are trained on
        "dataset.n_features=100",
        "dataset.n_relevant=30",
        "model.hidden_features=[64]",
    ],
    "mnist": ["dataset=mnist", "dataset.n_train=7000", "model.hidden_features=[64]", "trainer.max_epochs=10"],
}
STRENGTHS = (1e-4, 3e-4, 1e-3, 3e-3)


def main() -> None:
    """Print the ratio for pairs of a batch and a few runs one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", choices=SETS, default="small", help="which data and network")
    parser.add_argument("--seeds", type=int, default=8, help="members are these times four strengths")
    parser.add_argument("--alone", type=int, default=4, help="how many runs of a pair are trained one by one")
    parser.add_argument("--pairs", type=int, default=3, help="how often both are done")
    parser.add_argument("--threads", type=int, default=1, help="of the processor")
    parser.add_argument("--shared", action="store_true", help="one order, and one data set, for all members")
    parser.add_argument("overrides", nargs="*", help="such as trainer=gpu trainer.max_epochs=10")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    logging.basicConfig(level=logging.ERROR)
    common = ["trainer=cpu", *SETS[args.set], *(["dataset.seed=0"] if args.shared else []), *args.overrides]
    wanted = [
        (f"seed={seed}", f"regularization.strength={strength}")
        for seed, strength in product(range(args.seeds), STRENGTHS)
    ]
    configs = [compose_config([*common, *own]) for own in wanted]
    is_gpu = configs[0].trainer.accelerator in ("gpu", "cuda")
    clock = time.perf_counter if is_gpu else time.process_time
    ratios = []
    for pair in range(args.pairs):
        with tempfile.TemporaryDirectory() as folder:
            jobs = [Job(number, own, Path(folder) / str(number)) for number, own in enumerate(wanted)]
            chosen = [jobs[(pair + place * len(jobs) // args.alone) % len(jobs)].number for place in range(args.alone)]
            started = clock()
            for number in chosen:
                run(configs[number], Path(folder) / f"alone_{number}")
            alone = (clock() - started) / args.alone
            ends: dict[Job, JobEnd] = {}
            packing = Packing(memory=8 * 2**30, is_shared=args.shared, has_figures=False)
            started = clock()
            JobBatches(list(zip(jobs, configs, strict=True)), packing, lambda job: None, ends.__setitem__).run()
            together = (clock() - started) / len(jobs)
            assert all(end.state == "done" for end in ends.values()), next(iter(ends.values()))
        ratios.append(alone / together)
        print(f"pair {pair}: {alone:.2f} s a run alone, {together:.2f} s as one of {len(jobs)}: {ratios[-1]:.1f} x")
    what = "seconds" if is_gpu else "CPU seconds"
    print(
        f"throughput as one batch / one by one ({what}): median {statistics.median(ratios):.1f}, "
        f"{min(ratios):.1f} to {max(ratios):.1f}"
    )


if __name__ == "__main__":
    main()
