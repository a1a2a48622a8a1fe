"""How long `spectral-report` takes on a large sweep, and how large its page is.

    python scripts/bench_report.py [--n-runs 1000] [--n-features 784] [--keep FOLDER] [--json FILE]

Writes run folders as spectral-train would leave them (four settings of the strength, five widths, many seeds; one in
fifty failed, one in fifty still running), without training, and measures the parts of the report on them.
"""

import argparse
import csv
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.report.aggregate import configurations_table, problems
from spectral_exp.report.collect import collect, runs_table, write_table
from spectral_exp.report.consensus import inputs_table
from spectral_exp.report.page.write import write_page
from spectral_exp.tracking.results import RANKING_COLUMNS, ranking_rows, write_dataset, write_masking_curve
from spectral_exp.tracking.trace import TraceWriter

STRENGTHS, WIDTHS = ("1e-3", "3e-3", "1e-2", "3e-2"), ("32", "64", "128", "256", "512")
N_RECORDS = 40


def write_run(folder: Path, index: int, info: DatasetInfo) -> None:
    """Write one run folder, its numbers drawn at random around a shared truth."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(index)
    place, seed = index % (len(STRENGTHS) * len(WIDTHS)), index // (len(STRENGTHS) * len(WIDTHS))
    strength, width = STRENGTHS[place % len(STRENGTHS)], WIDTHS[place // len(STRENGTHS)]
    state = {7: "failed", 11: "running"}.get(index % 50, "done")
    status = {
        "state": state,
        "started": "2026-01-31T12:00:00+00:00",
        "finished": "2026-01-31T12:01:00+00:00",
        "overrides": ["dataset=mnist", f"regularization.strength={strength}", f"model.width={width}", f"seed={seed}"],
        "error": "RuntimeError: out of memory\nand more" if state == "failed" else None,
        "seconds": 60.0 + rng.normal(),
        "python": "3.11.7",
        "versions": {"torch": "2.15.0"},
        "git_revision": None,
    }
    (folder / "status.json").write_text(json.dumps(status, indent=2), encoding="utf-8")
    (folder / "config.yaml").write_text(f"seed: {seed}\nmodel:\n  width: {width}\n", encoding="utf-8")
    if state != "done":
        return
    write_dataset(folder, info)
    n_selected = int(np.clip(info.n_features * 0.03 / (float(strength) * 100) + rng.integers(0, 9), 1, info.n_features))
    relevance = np.linspace(1, 0, info.n_features) ** 3 + 0.03 * rng.random(info.n_features)
    ranking = np.argsort(-relevance)
    mask = np.zeros(info.n_features, bool)
    mask[ranking[:n_selected]] = True
    never = np.full(info.n_features, -1)
    with (folder / "ranking.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            [
                RANKING_COLUMNS,
                *ranking_rows(info, ranking, relevance[ranking][np.argsort(ranking)], relevance, mask, never),
            ]
        )
    score = float(np.clip(0.98 - 0.3 / n_selected + 0.004 * rng.normal(), 0, 1))
    counts = sorted({*np.geomspace(1, info.n_features, 30).astype(int).tolist(), n_selected})
    write_masking_curve(
        folder, [{"n_kept": count, "accuracy": score * min(1.0, (count / n_selected) ** 0.3)} for count in counts]
    )
    metrics = {"test/accuracy": score, "val/accuracy": score, "n_features": info.n_features, "seed": seed}
    (folder / "metrics.json").write_text(json.dumps(metrics | {"n_selected": n_selected}), encoding="utf-8")
    writer = TraceWriter(folder / "trace.arrows", info.n_features)
    for record in range(N_RECORDS):
        values = relevance ** (record / N_RECORDS)
        writer.append(record * 100, record, float(strength), values.astype(np.float32), np.ones_like(mask))
    writer.close()


def main() -> None:
    """Write the runs, measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n-runs", type=int, default=1000)
    parser.add_argument("--n-features", type=int, default=784)
    parser.add_argument("--keep", type=Path, help="write the runs and the page here and leave them")
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    options = parser.parse_args()
    side = round(options.n_features**0.5)
    shape = (side, side) if side * side == options.n_features else (options.n_features,)
    names = tuple(f"input_{feature}" for feature in range(options.n_features))
    info = DatasetInfo("made_up", "classification", names, shape, tuple("0123456789"))
    with tempfile.TemporaryDirectory() as scratch:
        root = (options.keep or Path(scratch)) / "sweep"
        for index in range(options.n_runs):
            write_run(root / str(index), index, info)
        results = measure(root)
    results |= {"runs": options.n_runs, "inputs": options.n_features}
    for name, value in results.items():
        print(f"{name:<36}{value:>10,.4g}")
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def measure(root: Path) -> dict[str, float]:
    """Time the parts of the report on a folder of runs."""
    seconds: dict[str, tuple[float, float]] = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        started, cpu = time.perf_counter(), time.process_time()
        result = work()
        seconds[name] = (time.perf_counter() - started, time.process_time() - cpu)
        return result

    runs = timed("collect", lambda: collect(root))
    timed("table of runs", lambda: write_table(runs_table(runs), root / "runs.parquet"))
    found = timed("means over seeds", lambda: problems(runs))
    timed("configurations", lambda: configurations_table(found))
    timed("consensus of inputs", lambda: inputs_table(found))
    timed("page", lambda: write_page(root, runs, root / "report.html"))
    total = tuple(map(sum, zip(*seconds.values(), strict=True)))
    results = {
        f"{name}, {unit}": value
        for name, both in {**seconds, "all": total}.items()
        for unit, value in zip(("seconds", "CPU seconds"), both, strict=True)
    }
    return results | {"page, MB": (root / "report.html").stat().st_size / 1e6}


if __name__ == "__main__":
    main()
