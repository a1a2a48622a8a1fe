"""How good the path's selections are: Protocols K and K60 on MNIST and Fashion-MNIST.

    spectral-data fetch mnist; spectral-data fetch fashion_mnist
    python scripts/bench_selection.py [--protocol k60] [--k 50] [--seeds 0 1 2] [--json FILE]

K: the 10000-image test file is the whole data set, split by scikit-learn's train_test_split, seeded: 20 % for the test,
then 12.5 % of the rest for validation (7000 / 1000 / 2000 rows); pixels / 255. One path run on the 7000 ranks all
inputs; the judge is retrained on the top k. K60: the run ranks on 55000 of the 60000 images, the judge trains on all
of them for 20 epochs, the test file tests. Seconds are CPU seconds of the whole run on one thread, its files included.
"""

import argparse
import json
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch

from spectral_exp.build import build
from spectral_exp.cli.compose import compose_config
from spectral_exp.dataset.data import Data
from spectral_exp.evaluation.judge import judge
from spectral_exp.load import load_run
from spectral_exp.run import run

SETS = ["mnist", "fashion_mnist"]


def select(name: str, seed: int, is_k60: bool, overrides: list[str]) -> tuple[Data, list[int], float]:
    """Rank the inputs by one path run; give the rows of the judge, the ranking and the CPU seconds that it took."""
    which = ["dataset.seed=0"] if is_k60 else [f"dataset={name}_protocol_k"]
    recipe = f"experiment={name.removesuffix('_mnist')}_top50"
    config = compose_config([recipe, *which, "trainer=cpu", f"seed={seed}", *overrides])
    data: Data = build(config.dataset, "dataset").load()
    with tempfile.TemporaryDirectory() as folder:
        started = time.process_time()
        run(config, Path(folder))
        seconds = time.process_time() - started
        if is_k60:
            data = replace(data, train=data.train.joined(data.val))
        return data, load_run(folder).ranking.feature.tolist(), seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--protocol", default="k", choices=["k", "k60"])
    parser.add_argument("--sets", nargs="+", default=SETS, choices=SETS)
    parser.add_argument("--k", type=int, default=50)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--override", nargs="*", default=[], help="overrides of the recipe")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    is_k60 = arguments.protocol == "k60"
    n_epochs = 20 if is_k60 else 100  # the validation rows of K60 are among the judge's: no best epoch
    rows = []
    for name in arguments.sets:
        for seed in arguments.seeds:
            data, ranking, seconds = select(name, seed, is_k60, arguments.override)
            verdict = judge(data, ranking[: arguments.k], n_epochs, seed=seed)
            row = {"set": name, "seed": seed, "acc20": verdict.score[20], "s": seconds}
            rows.append(row if is_k60 else row | {"accES": verdict.best_score})
            print(rows[-1], flush=True)
    columns = {"acc20": 4, "s": 1} if is_k60 else {"acc20": 3, "accES": 3, "s": 1}  # digits
    heads = "".join(f"{'CPU s' if key == 's' else key:>16}" for key in columns)
    print(f"{'set':15} {'k':>4}{heads}   mean (sd) over seeds {arguments.seeds}")
    for name in arguments.sets:
        cells = []
        for key, digits in columns.items():
            values = [row[key] for row in rows if row["set"] == name]
            spread = statistics.stdev(values) if len(values) > 1 else 0.0
            cells.append(f"{statistics.mean(values):.{digits}f} ({spread:.{digits}f})")
        print(f"{name:15} {arguments.k:4}" + "".join(f"{cell:>16}" for cell in cells))
    if arguments.json:
        arguments.json.write_text(json.dumps({"torch": torch.__version__, "rows": rows}, indent=2))


if __name__ == "__main__":
    main()
