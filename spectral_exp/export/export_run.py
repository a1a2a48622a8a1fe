"""From a run folder to a slim model in a file, checked against the network that was trained."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from spectral_exp.build import build
from spectral_exp.dataset.data import Data
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.errors import UserError
from spectral_exp.export.file_format import FORMATS
from spectral_exp.export.latency import median_latency
from spectral_exp.export.onnx_file import has_onnx
from spectral_exp.export.slim_model import Predict, SlimModel, make_slim
from spectral_exp.functional.mask import blank
from spectral_exp.load import Run, load_run
from spectral_exp.report.run_files import RunFiles
from spectral_exp.tracking.run_folder import DATASET, write_whole

TOLERANCE = 1e-5
BATCH_SIZES = (1, 256)
ROWS_AT_ONCE = 8192


@dataclass(frozen=True)
class Cost:
    """What a model costs to keep and to run.

    Attributes:
        n_inputs: how many inputs it takes.
        first_layer: number of parameters of its first layer.
        file_size: bytes, in the format of the export.
        latency: seconds per call in onnxruntime on one thread, by rows per call; empty without onnxruntime.
    """

    n_inputs: int
    first_layer: int
    file_size: int
    latency: dict[int, float]


@dataclass(frozen=True)
class Export:
    """What was exported.

    Attributes:
        path: the file.
        difference: the largest difference between the file's results and those of the trained network with all
            other inputs at 0, in probability or in standard deviations of the target.
        n_rows: over how many rows, those of the test.
        n_idle: inputs that change nothing, because training had dropped them.
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
    slim = make_slim(run.model, run.info, kept, files.status.get("versions"))
    content = file_format.write(slim)
    difference = largest_difference(file_format.read(content), run, kept, data.test.inputs)
    if not difference <= TOLERANCE:  # NaN is refused too
        raise UserError(
            f"{folder}: the slim model differs from the trained one by {difference:.2g} on the test rows, expected at "
            f"most {TOLERANCE:g}; nothing was written"
        )
    path = output or folder / f"slim_{int(kept.sum())}{file_format.suffix}"
    try:
        write_whole(path, lambda beside: beside.write_bytes(content))
    except OSError as error:
        raise UserError(f"{path} cannot be written ({error.strerror}); name another file with --output") from error

    full = make_slim(run.model, run.info, np.ones_like(kept))
    rows = in_units(data.test.inputs[: max(BATCH_SIZES)], run.info).numpy()
    latencies = {size: median_latency([full, slim], rows, size) for size in BATCH_SIZES} if has_onnx() else {}
    return Export(
        path=path,
        difference=difference,
        n_rows=len(data.test),
        n_idle=int((_first_layer(slim).weight == 0).all(dim=0).sum()),
        full=_cost(full, len(file_format.write(full)), {size: latency[0] for size, latency in latencies.items()}),
        slim=_cost(slim, len(content), {size: latency[1] for size, latency in latencies.items()}),
    )


def choose_inputs(run: Run, k: int | None) -> Bool[np.ndarray, " n_features"]:
    """Choose the inputs of the slim model.

    Args:
        run: a finished run.
        k: how many of the top of its ranking; None for those that it selected.

    Returns:
        True for every input to keep.

    Raises:
        UserError: if there is no such number of inputs, or the run selected none.
    """
    if k is None:
        if not run.mask.any():
            raise UserError(f"{run.folder}: the run selected no input; say how many to keep with --k")
        return run.mask
    if not 1 <= k <= run.info.n_features:
        raise UserError(f"--k must be between 1 and {run.info.n_features}, the inputs of {run.folder}, got {k}")
    kept = np.zeros(run.info.n_features, dtype=bool)
    kept[run.ranking["feature"].to_numpy()[:k]] = True
    return kept


def in_units(inputs: Float[Tensor, "n_rows n_features"], info: DatasetInfo) -> Float[Tensor, "n_rows n_features"]:
    """Undo the scaling of inputs.

    Args:
        inputs: rows as the network was trained on.
        info: holds the scaling.

    Returns:
        Rows in the units of the data, float64.
    """
    rows = inputs.double()
    if info.input_shift is None or info.input_divisor is None:
        return rows
    return rows * torch.from_numpy(info.input_divisor) + torch.from_numpy(info.input_shift)


@torch.no_grad()
def largest_difference(
    predict: Predict, run: Run, kept: Bool[np.ndarray, " n_features"], inputs: Float[Tensor, "n_rows n_features"]
) -> float:
    """Compare a slim model with the network that was trained, all other inputs of which are set to 0.

    Args:
        predict: the slim model.
        run: holds the trained network.
        kept: the inputs of the slim model.
        inputs: rows of all inputs, as the network was trained on.

    Returns:
        The largest difference of class probabilities, or of values in standard deviations of the target.
    """
    info, largest = run.info, 0.0
    for rows in torch.split(inputs, ROWS_AT_ONCE):
        results = torch.from_numpy(predict(in_units(rows, info)[:, kept].contiguous().numpy()))
        outputs = run.model(blank(rows, torch.from_numpy(kept))).double()
        if info.task == "classification":
            difference = results - outputs.softmax(dim=1)
        else:
            difference = (results - info.target_mean) / info.target_scale - outputs.squeeze(1)
        largest = max(largest, float(difference.abs().max().nan_to_num(nan=torch.inf)))
    return largest


def _data_of(run: Run) -> Data:
    """Load the data of a run once more, and make sure that it is the same."""
    try:
        data: Data = build(run.config.dataset, "dataset").load()
    except UserError as error:
        raise UserError(f"the export is checked on the run's test rows, which cannot be loaded: {error}") from error
    if not all(_equal(getattr(run.info, name), value) for name, value in vars(data.info).items()):
        raise UserError(
            f"{run.folder / DATASET}: the inputs, their scaling or the target are not those of the data any more, and "
            "without the run's test rows nothing can be checked; bring back the old data, or train again"
        )
    return data


def _equal(first: Any, second: Any) -> bool:
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        return first.shape == second.shape and np.allclose(first, second)
    return type(first) is type(second) and bool(first == second)


def _first_layer(model: SlimModel) -> torch.nn.Linear:
    layer = model.layers[0]
    assert isinstance(layer, torch.nn.Linear)
    return layer


def _cost(model: SlimModel, file_size: int, latency: dict[int, float]) -> Cost:
    layer = _first_layer(model)
    return Cost(layer.in_features, sum(one.numel() for one in layer.parameters()), file_size, latency)
