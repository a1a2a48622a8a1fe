"""How well rankings find inputs that are known to matter: Protocol G, and noisy sets.

    python scripts/bench_known_truth.py [--families xor ring] [--sizes 32 128] [--folds 0 1] [--override KEY=VALUE ...]
    python scripts/bench_known_truth.py --sets gaussian_mixed madelon_like --seeds 0 1 2 [--json FILE]

Protocol G: 1000 rows of a `ring_xor` family (data seed 0), ranked from each five sixths of the rows; the score is the
share of the k inputs that decide which are among the first k. Noisy sets: AUROC and average precision of the ranking,
every seed a new draw and a new net. Every path is a run of `experiment=ring_xor` or, for the noisy sets,
`experiment=all_relevant`; with `--runs 3` the one of three runs, of as many seeds, whose training loss is lowest while
at most 12 inputs are left: the truth has no part in it.
The random forest is scikit-learn's, 500 trees, importance by impurity, on the same rows. Seconds are CPU seconds on one
thread.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from omegaconf import OmegaConf
from sklearn.ensemble import RandomForestClassifier

from spectral_exp.build import build
from spectral_exp.cli.compose import compose_config
from spectral_exp.dataset.data import Data
from spectral_exp.dataset.ring_xor import N_RELEVANT
from spectral_exp.evaluation.known_truth import separation_of_truth
from spectral_exp.load import load_run
from spectral_exp.run import run
from spectral_exp.tracking.run_folder import METRICS_HISTORY

SIZES = [32, 128, 512, 2048]
N_FOLDS = 6
# The small one has a cube of three inputs and no mixtures; the other has the size of Madelon, the challenge's.
SETS = {
    "gaussian_mixed": ["dataset=gaussian_mixed"],
    "gaussian_correlated": ["dataset=gaussian_correlated", "dataset.n_rows=2000", "dataset.n_features=200"],
    "gaussian_pairs": ["dataset=gaussian_mixed", "dataset.n_independent=0", "dataset.n_copied=0", "dataset.n_paired=3"],
    "xor_additive": ["dataset=xor_additive"],
    "madelon_like_small": [
        "dataset=madelon_like",
        "dataset.n_features=200",
        "dataset.n_informative=3",
        "dataset.n_redundant=0",
    ],
    "madelon_like": ["dataset=madelon_like"],
}
FEW = 12  # inputs, at which the runs of several seeds are compared
MEASURES = {"best_k": "truth_best_k", "auroc": "truth_auroc", "precision": "truth_average_precision"}


def rank_by_path(config: Any, n_runs: int) -> tuple[np.ndarray, float]:
    """Rank by the run of lowest training loss with few inputs; give the ranking and the CPU seconds of all runs."""
    started = time.process_time()
    rankings = {}
    for restart in range(n_runs):
        OmegaConf.update(config, "seed", int(config.seed) + 1000 * (restart > 0))
        with tempfile.TemporaryDirectory() as folder:
            run(config, Path(folder))
            history = pd.read_csv(Path(folder, METRICS_HISTORY))
            loss = history[history["spectral/n_kept"] <= FEW]["train/loss"].mean()
            rankings[loss] = load_run(folder).ranking.feature.to_numpy()
    return rankings[min(rankings)], time.process_time() - started


def rank_by_forest(data: Data, seed: int) -> tuple[np.ndarray, float]:
    """Rank by a random forest's importances; give the ranking and the CPU seconds of the fit."""
    started = time.process_time()
    forest = RandomForestClassifier(n_estimators=500, random_state=seed, n_jobs=1)
    forest.fit(data.train.inputs.numpy(), data.train.targets.numpy())
    return np.argsort(-forest.feature_importances_, kind="stable"), time.process_time() - started


def tasks(arguments: argparse.Namespace) -> Iterator[tuple[dict[str, Any], Any]]:
    """Go through what is asked: a label and the config of its path run."""
    for family in arguments.families:
        for size in arguments.sizes:
            for fold in arguments.folds:
                asked = [
                    "experiment=ring_xor",
                    "dataset=ring_xor_fold",
                    f"dataset.family={family}",
                    f"dataset.n_features={size}",
                    f"dataset.data_seed={arguments.data_seed}",
                    f"seed={fold}",
                ]
                config = compose_config([*asked, *arguments.override])
                yield {"set": family, "n_features": size, "fold": fold}, config
    for name in arguments.sets:
        for seed in arguments.seeds:
            asked = ["experiment=all_relevant", *SETS[name], "dataset.scaling=standard", f"seed={seed}"]
            config = compose_config([*asked, *arguments.override])
            yield {"set": name, "n_features": config.dataset.n_features, "seed": seed}, config


def print_tables(rows: list[dict[str, Any]], sizes: list[int]) -> None:
    """Print best-k of the families by size, then AUROC and average precision of the noisy sets, with spread."""
    for method in dict.fromkeys(row["method"] for row in rows):
        of_method = [row for row in rows if row["method"] == method]
        folds = [row for row in of_method if "fold" in row]
        if folds:
            print(f"\n{method}: best-k, mean (sd) over folds" + " " * 8 + "".join(f"{size:>14}" for size in sizes))
            for family in dict.fromkeys(row["set"] for row in folds):
                cells = [
                    spread([row["best_k"] for row in folds if (row["set"], row["n_features"]) == (family, size)], 2)
                    for size in sizes
                ]
                print(f"{family:45}" + "".join(f"{cell:>14}" for cell in cells))
            seconds = statistics.mean(row["s"] for row in folds)
            print(f"mean {statistics.mean(row['best_k'] for row in folds):.3f}, {seconds:.1f} CPU s each")
        seeds = [row for row in of_method if "seed" in row]
        for name in dict.fromkeys(row["set"] for row in seeds):
            of_set = [row for row in seeds if row["set"] == name]
            cells = [f"{key} {spread([row[key] for row in of_set], 3)}" for key in (*MEASURES, "s")]
            print(f"{method:8} {name:20} " + "  ".join(cells) + f"   mean (sd) over {len(of_set)} seeds")


def spread(values: list[float], digits: int) -> str:
    """Write mean and standard deviation."""
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.mean(values):.{digits}f} ({deviation:.{digits}f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--families", nargs="*", default=list(N_RELEVANT), choices=list(N_RELEVANT))
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of inputs")
    parser.add_argument("--folds", type=int, nargs="+", default=list(range(N_FOLDS)), choices=range(N_FOLDS))
    parser.add_argument("--data-seed", type=int, default=0, help="of the families; tune on others than 0")
    parser.add_argument("--sets", nargs="*", default=list(SETS), choices=list(SETS), help="noisy sets")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="of the noisy sets")
    parser.add_argument("--methods", nargs="+", default=["path", "forest"], choices=["path", "forest"])
    parser.add_argument("--runs", type=int, default=1, help="paths per ranking; that of lowest training loss counts")
    parser.add_argument("--override", nargs="*", default=[], help="overrides of the recipe")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows: list[dict[str, Any]] = []
    for label, config in tasks(arguments):
        data: Data = build(config.dataset, "dataset").load()
        for method in arguments.methods:
            ranking, seconds = (
                rank_by_path(config, arguments.runs) if method == "path" else rank_by_forest(data, config.seed)
            )
            scores = separation_of_truth(ranking, data.info.true_strength)
            rows.append(
                {"method": method, **label, **{key: scores[name] for key, name in MEASURES.items()}, "s": seconds}
            )
            print(rows[-1], flush=True)
            if arguments.json:
                arguments.json.write_text(json.dumps({"torch": torch.__version__, "rows": rows}, indent=2))
    print_tables(rows, arguments.sizes)


if __name__ == "__main__":
    main()
