"""Runs made in memory, for what is computed from many of them."""

from pathlib import Path

import numpy as np

from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.report.collect import WITH_SELECTED, CollectedRun, RunInputs


def make_collected(
    selected: list[int],
    score: float,
    seed: int = 0,
    n_features: int = 6,
    is_net_of_selected: bool = False,
    task: str = "classification",
    **settings: str,
) -> CollectedRun:
    """A finished run that selects some inputs, the more relevant the earlier they stand in the list."""
    metric = "accuracy" if task == "classification" else "mae"
    ranking = [*selected, *(feature for feature in range(n_features) if feature not in selected)]
    rank = np.empty(n_features, int)
    rank[ranking] = np.arange(1, n_features + 1)
    mask = np.isin(np.arange(n_features), selected)
    info = DatasetInfo(
        "made_up",
        task,  # type: ignore[arg-type]
        tuple(f"x{feature}" for feature in range(n_features)),
        (n_features,),
        ("no", "yes") if task == "classification" else (),
    )
    row: dict[str, object] = {
        "state": "done",
        "seed": str(seed),
        "n_selected": len(selected),
        "seconds": 1.0 + seed,
        f"test/{metric}{WITH_SELECTED}": score,
        f"test/{metric}": score + 0.01,
        f"val/{metric}": score - 0.01,
    }
    name = f"{'-'.join(settings.values())}/{seed}"
    inputs = RunInputs(info, rank, 1.0 / rank, mask, mask if is_net_of_selected else np.ones(n_features, bool))
    return CollectedRun(name, Path("nowhere") / name, row, {"seed": str(seed), **settings}, inputs)
