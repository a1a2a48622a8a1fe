"""What a whole ranking of MNIST costs, and what its first 50 pixels are worth: ours beside other people's.

    spectral-data fetch mnist; pip install 'spectral_exp[compare]'
    python scripts/bench_ranking.py [--time-limit 300] [--seeds 1] [--json FILE]

`spectral-compare experiment=protocol_k` (7000 training rows, nets 784-256-10, one thread each) with a path to one
pixel, which ranks for every k; LassoNet along its whole path; SHAP and permutation on a trained net; LightGBM's gain;
and stochastic gates (STG), below. CPU seconds include the training that a ranking needs; the accuracy is that of the
judge on the first 50 pixels. A method that has no ranking after the time limit is ended, and its row says so.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.nn import functional as F

from spectral_exp.attribution.ranker import DataRanker
from spectral_exp.dataset.data import Data

METHODS = ("spectral_path", "spectral_path_50", "lassonet", "stg", "shap_gradient", "permutation", "lightgbm_gain")
N_SELECTED = 50
STG = "# @package attribution.stg\n_target_: bench_ranking.StochasticGates\n"


class StochasticGates(DataRanker):
    """Score by the means of gates that are closed by an L0 penalty while the net trains.

    Gate j is clip(mu_j + 1/2 + noise, 0, 1) with normal noise of deviation sigma; the penalty is strength times the
    mean chance that a gate is open. Source: Yamada et al., ICML 2020, "Feature selection using stochastic gates".

    Args:
        strength: factor of the penalty.
        n_epochs: passes over the rows.
        lr: learning rate of Adam.
        sigma: deviation of the noise.
        batch_size: rows per step.
    """

    def __init__(
        self, strength: float = 1.0, n_epochs: int = 500, lr: float = 1e-3, sigma: float = 0.5, batch_size: int = 256
    ) -> None:
        self.strength, self.n_epochs, self.lr, self.sigma, self.batch_size = strength, n_epochs, lr, sigma, batch_size

    def relevance(self, data: Data, seed: int) -> np.ndarray:
        torch.manual_seed(seed)
        inputs, targets = data.train.inputs, data.train.targets
        net = nn.Sequential(nn.Linear(inputs.shape[1], 256), nn.ReLU(), nn.Linear(256, data.info.n_outputs))
        mu = nn.Parameter(0.01 * torch.randn(inputs.shape[1]))
        optimizer = torch.optim.Adam([mu, *net.parameters()], lr=self.lr, fused=True)
        for _ in range(self.n_epochs):
            for rows in torch.randperm(len(targets)).split(self.batch_size):
                gates = (mu + 0.5 + self.sigma * torch.randn_like(mu)).clamp(0, 1)
                loss = F.cross_entropy(net(inputs[rows] * gates), targets[rows])
                is_open = torch.special.ndtr((mu + 0.5) / self.sigma)
                optimizer.zero_grad()
                (loss + self.strength * is_open.mean()).backward()
                optimizer.step()
        return mu.detach().double().numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--time-limit", type=int, default=300, help="seconds for one ranking")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--methods", nargs="+", default=METHODS)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    here = str(Path(__file__).resolve().parent)
    environment = {**os.environ, "SPECTRAL_EXP_ALLOW": "bench_ranking.", "PYTHONPATH": here}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "attribution").mkdir()
        (folder / "attribution" / "stg.yaml").write_text(STG, encoding="utf-8")
        command = [
            *(str(Path(sys.executable).parent / "spectral-compare"), "--config-dir", name, "experiment=protocol_k"),
            *(f"attribution=[{','.join(asked.methods)}]", f"k=[{N_SELECTED}]", f"seeds={asked.seeds}"),
            *(f"time_limit={asked.time_limit}", f"hydra.run.dir={folder / 'comparison'}"),
        ]
        subprocess.run(command, check=True, env=environment)
        results = pd.read_csv(folder / "comparison" / "results.csv")
    found: dict[str, dict[str, float]] = {}
    print("| method | CPU s, its training included | accuracy of the judge, 50 pixels |\n|---|---|---|")
    for method in asked.methods:
        values = results[results["method"] == method].groupby("measure")["value"].median()
        if "cpu_seconds" not in values:
            print(f"| {method} | no ranking after {asked.time_limit} s | |")
            continue
        seconds = values["cpu_seconds"] + values.get("training_cpu_seconds", 0.0)
        found[method] = {"cpu_seconds": seconds, "accuracy": values["accuracy_best"]}
        print(f"| {method} | {seconds:.1f} | {values['accuracy_best']:.4f} |")
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
