"""What a ranking costs once a net is trained: ours is read off the weights, others run rows through the net.

    spectral-data fetch mnist
    python scripts/bench_attribution_cost.py [--override trainer.max_epochs=5 ...] [--json FILE]

One net of Protocol K is trained, 784-256-10 with a spectral first layer. Its relevance is then read `--repeat` times,
and the same net, its first layer as a plain one, is explained once by each method, in CPU seconds of one thread. The
ratio is that of one reading over one explanation.
"""

import argparse
import copy
import json
import statistics
import tempfile
import time
from pathlib import Path

import torch

from spectral_exp.attribution.measure import measure
from spectral_exp.build import build
from spectral_exp.cli.compose import compose_config
from spectral_exp.comparison.net import fit
from spectral_exp.settings import read_settings
from spectral_exp.tracking.console import quiet_lightning
from spectral_exp.training.training import load_data

METHODS = (
    "shap_gradient",
    "shap_deep",
    "lrp",
    "deep_lift",
    "integrated_gradients",
    "input_x_gradient",
    "saliency",
    "permutation",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", nargs="+", default=METHODS)
    parser.add_argument("--repeat", type=int, default=200, help="readings of the spectral relevance")
    parser.add_argument("--override", nargs="*", default=["trainer.max_epochs=3"], help="overrides of the training")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    shared = ["experiment=protocol_k", "model=spectral_mlp", *arguments.override]
    config = compose_config([*shared, f"attribution=[{','.join(arguments.methods)}]"], "compare")
    of_training = compose_config(shared)
    data = load_data(of_training, read_settings(of_training))
    with tempfile.TemporaryDirectory() as folder, quiet_lightning():
        started = time.process_time()
        module = fit(of_training, data, Path(folder))
        training = time.process_time() - started
    layer, model = module.spectral_input_layer, copy.deepcopy(module.model.layers)
    model[0] = layer.to_linear()  # what other packages know

    readings = []
    for _ in range(arguments.repeat):
        started = time.process_time()
        layer.ranking(module.input_scale)
        readings.append(time.process_time() - started)
    spectral = statistics.median(readings)
    rows = [{"method": "spectral", "seconds": spectral, "ratio": 1.0}]
    for method in arguments.methods:
        ranker = build(config.attribution[method], f"attribution.{method}")
        seconds = measure(ranker, data, seed=0, model=model).cpu_seconds
        rows.append({"method": method, "seconds": seconds, "ratio": spectral / seconds})
    print(f"training {training:.1f} CPU s; spectral relevance {spectral * 1e6:.0f} microseconds, no row is read")
    print(f"{'method':22} {'CPU s':>9}   spectral relevance as a share of it")
    for row in rows:
        print(f"{row['method']:22} {row['seconds']:9.4f}   {row['ratio']:.4%}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"training": training, "rows": rows}, indent=2))


if __name__ == "__main__":
    main()
