"""From a run folder to a slim model in a file, checked against the network that was trained."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool

from spectral_exp.build import build_data
from spectral_exp.dataset.data import Data
from spectral_exp.dataset.groups import find_kept
from spectral_exp.errors import UserError
from spectral_exp.export.comparison import in_units, largest_difference
from spectral_exp.export.cost import BATCH_SIZES, Cost, measure_costs
from spectral_exp.export.file_format import FORMATS
from spectral_exp.export.onnx_file import has_onnx
from spectral_exp.export.slim_model import SlimModel, make_slim
from spectral_exp.load import Run, load_run
from spectral_exp.report.run_files import RunFiles
from spectral_exp.tracking.run_folder import DATASET, write_whole

TOLERANCE = 1e-5


@dataclass(frozen=True)
class Export:
    """What was exported.

    Attributes:
        path: the file.
        difference: the largest difference between the results of the file and those of the trained network with all
            other inputs at 0, see `largest_difference`.
        n_rows: over how many rows, those of the test.
        n_idle: inputs of the slim model that change nothing, because training had dropped them.
        full: cost of the network with all inputs.
        slim: cost of what was exported.
    """

    path: Path
    difference: float
    n_rows: int
    n_idle: int
    full: Cost
    slim: Cost


def export_run(folder: Path, format_name: str, k: int | None = None, output: Path | None = None) -> Export:
    """Write a model of a run's most relevant inputs only, if it does as the trained network on the test rows.

    Args:
        folder: the folder of a finished run.
        format_name: one of `FORMATS`.
        k: how many of the top inputs to keep; None for those that the run selected.
        output: the file; None for one in the run folder.

    Returns:
        Where it is, how exact it is, and what it costs beside the full network.

    Raises:
        UserError: if the run is not finished, its data is gone or has changed, an argument is out of range, a
            library is missing, the file cannot be written, or its results differ by more than `TOLERANCE`.
    """
    if format_name not in FORMATS:
        raise UserError(f"--format must be one of {', '.join(FORMATS)}, got {format_name!r}")
    file_format = FORMATS[format_name]
    file_format.require()
    files = RunFiles(folder)
    _ = files.metrics  # refuses what is no finished run, and says why
    run = load_run(folder)
    kept = choose_inputs(run, k)
    data = _data_of(run)

    versions = files.status.get("versions", {})
    full, slim = (make_slim(run.model, run.info, mask, versions) for mask in (np.ones_like(kept), kept))
    content = file_format.write(slim)
    difference = largest_difference(file_format.read(content), run.model, run.info, kept, data.test)
    if difference > TOLERANCE:
        raise UserError(
            f"{folder}: the slim model differs from the trained one by {difference:.2g} on the test rows, expected at "
            f"most {TOLERANCE:g}; nothing was written"
        )
    path = output or folder / f"slim_{int(kept.sum())}{file_format.suffix}"
    try:
        write_whole(path, lambda beside: beside.write_bytes(content))
    except OSError as error:
        raise UserError(f"{path} cannot be written ({error.strerror}); name another file with --output") from error

    contents = [file_format.write(full), content]
    full_cost, slim_cost = measure_costs(
        models=[full, slim],
        file_sizes=[len(one) for one in contents],
        in_onnx=contents if format_name == "onnx" else _in_onnx_if_installed(full, slim),
        rows=in_units(next(data.test.in_turn())[0].to_dense()[: max(BATCH_SIZES)], run.info).numpy(),
    )
    return Export(path, difference, len(data.test), slim.n_idle, full_cost, slim_cost)


def choose_inputs(run: Run, k: int | None) -> Bool[np.ndarray, " n_features"]:
    """Choose the inputs of the slim model.

    Args:
        run: a finished run.
        k: how many of the top of its ranking, those that are always kept among them; a group of which one is
            among them comes whole. None for those that the run selected.

    Returns:
        True for every input to keep.

    Raises:
        UserError: if there is no such number of inputs, it is too few for those that are always kept, or the run
            selected none.
    """
    if k is None:
        if not run.mask.any():
            raise UserError(f"{run.folder}: the run selected no input; say how many to keep with --k")
        return run.mask
    if not 1 <= k <= run.info.n_features:
        raise UserError(f"--k must be between 1 and {run.info.n_features}, the inputs of {run.folder}, got {k}")
    always_kept = find_kept(run.config.get("keep") or [], run.info)
    if k < always_kept.sum():
        raise UserError(f"--k must be at least {always_kept.sum()}, the inputs of {run.folder} always kept, got {k}")
    ranking = run.ranking["feature"].to_numpy()
    first = always_kept[ranking]
    kept = np.zeros(run.info.n_features, dtype=bool)
    kept[np.concatenate([ranking[first], ranking[~first]])[:k]] = True
    return kept if run.info.groups is None else np.isin(run.info.groups, np.array(run.info.groups)[kept])


def _data_of(run: Run) -> Data:
    """Load the data of a run once more, and make sure that it is the same."""
    try:
        data = build_data(run.config)
    except UserError as error:
        raise UserError(f"the export is checked on the run's test rows, which cannot be loaded: {error}") from error
    # The groups may be the config's own; those of the data change only with the names of its inputs.
    compared = {name: value for name, value in vars(data.info).items() if name != "groups"}
    if not all(_equal(getattr(run.info, name), value) for name, value in compared.items()):
        raise UserError(
            f"{run.folder / DATASET}: the inputs, their scaling or the target are not those of the data any more, and "
            "without the run's test rows nothing can be checked; bring back the old data, or train again"
        )
    return data


def _equal(first: Any, second: Any) -> bool:
    if isinstance(first, (float, np.ndarray)) and isinstance(second, (float, np.ndarray)):
        return np.shape(first) == np.shape(second) and np.allclose(first, second)
    return type(first) is type(second) and bool(first == second)


def _in_onnx_if_installed(*models: SlimModel) -> list[bytes]:
    return [FORMATS["onnx"].write(model) for model in models] if has_onnx() else []
