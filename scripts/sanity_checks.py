"""Sanity checks of rankers on real data: what has to change a ranking, and what must not.

    spectral-data fetch mnist
    python scripts/sanity_checks.py [--override dataset=fashion_mnist_protocol_k] [--methods lrp f_test] [--json FILE]

Every method ranks anew, its net trained anew, from data with another seed, with targets dealt to other rows, with
columns in another order, and with its own first input twice, or in other units. Those that explain a net also explain
it after its layers, from the last on, have lost what they learned. See `spectral_exp.evaluation.sanity`.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from spectral_exp.attribution.measure import measure
from spectral_exp.attribution.ranker import ModelRanker, Ranker
from spectral_exp.build import build
from spectral_exp.cli.compose import compose_config
from spectral_exp.comparison.net import SharedTraining, fit, plain
from spectral_exp.dataset.data import Data
from spectral_exp.evaluation.sanity import (
    column_permutation,
    duplicated_column,
    label_permutation,
    parameter_randomisation,
    rescaled_column,
    spearman,
)
from spectral_exp.settings import read_settings
from spectral_exp.tracking.console import quiet_lightning
from spectral_exp.training.training import load_data

METHODS = (
    "spectral_path",
    "spectral",
    "dense_norm",
    "saliency",
    "lrp",
    "integrated_gradients",
    "random_forest",
    "f_test",
)


def check(ranker: Ranker, shared: list[str], data: Data, factor: float, folder: Path) -> dict[str, Any]:
    """Apply all checks to one method; the correlations are Spearman's, the places shares of inputs that score lower."""

    def net(data: Data, seed: int) -> nn.Module:
        return fit(plain(compose_config([*shared, f"seed={seed}"])), data, folder).model.eval()

    def relevance(data: Data, seed: int) -> np.ndarray:
        model = net(data, seed) if isinstance(ranker, ModelRanker) else None
        train = SharedTraining(lambda more: compose_config([*shared, *more]), folder)
        return measure(ranker, data, seed, model=model, train=train).relevance

    scores = relevance(data, 0)
    first = int(scores.argmax())

    def rank(changed: Data) -> np.ndarray:
        return scores if changed is data else relevance(changed, 0)

    found: dict[str, Any] = {
        "other seed": spearman(scores, relevance(data, 1)),
        "labels": label_permutation(rank, data, seed=0),
        "columns": column_permutation(rank, data, seed=0),
        "copied": duplicated_column(rank, data, first)[1:],
        "rescaled": rescaled_column(rank, data, first, factor).after,
    }
    if isinstance(ranker, ModelRanker):
        by_layer = parameter_randomisation(
            lambda model: measure(ranker, data, 0, model=model).relevance, net(data, 0), seed=0
        )
        found["parameters"] = list(by_layer.values())
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", nargs="+", default=METHODS)
    parser.add_argument("--override", nargs="*", default=[], help="overrides of the training")
    parser.add_argument("--factor", type=float, default=0.1, help="what the values of an input are multiplied by")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    shared = ["experiment=protocol_k", *arguments.override]
    config = compose_config([*shared, f"attribution=[{','.join(arguments.methods)}]"], "compare")
    training = compose_config(shared)
    data = load_data(training, read_settings(training))
    rows = {}
    print(
        "| method | other seed | labels | columns | copied: input, copy | rescaled | parameters, last layer to first |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for method in arguments.methods:
        ranker = build(config.attribution[method], f"attribution.{method}")
        with tempfile.TemporaryDirectory() as folder, quiet_lightning():
            rows[method] = check(ranker, shared, data, arguments.factor, Path(folder))
        cells = [
            rows[method].get(name, "")
            for name in ("other seed", "labels", "columns", "copied", "rescaled", "parameters")
        ]
        print(f"| {method} | {' | '.join(map(_text, cells))} |", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2))


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_text, value))
    return value if isinstance(value, str) else f"{value:.2f}"


if __name__ == "__main__":
    main()
