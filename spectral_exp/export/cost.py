"""What models cost to keep and to run, side by side."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from spectral_exp.export import onnx_file
from spectral_exp.export.slim_model import SlimModel

BATCH_SIZES = (1, 256)
N_CALLS, N_WARM_UP = 300, 20


@dataclass(frozen=True)
class Cost:
    """What a model costs.

    Attributes:
        n_inputs: how many inputs it takes.
        first_layer: number of parameters of its first layer.
        file_size: bytes, in the format of the export.
        latency: seconds per call in onnxruntime on one thread, by rows per call; empty where that is not installed.
    """

    n_inputs: int
    first_layer: int
    file_size: int
    latency: dict[int, float]


def measure_costs(
    models: Sequence[SlimModel],
    file_sizes: Sequence[int],
    in_onnx: Sequence[bytes],
    rows: Float[np.ndarray, "n_rows n_features"],
) -> list[Cost]:
    """Measure models against each other.

    Args:
        models: models of some of the inputs.
        file_sizes: bytes of each.
        in_onnx: each in ONNX; empty where that is not installed.
        rows: rows of all inputs in their own units.

    Returns:
        One cost per model.
    """
    latencies = {}
    for size in BATCH_SIZES if in_onnx else ():
        batch = np.resize(rows, (size, *rows.shape[1:]))  # repeats the rows if there are too few
        latencies[size] = median_latency(
            in_onnx, [np.ascontiguousarray(batch[:, model.description["input_positions"]]) for model in models]
        )
    return [
        Cost(
            n_inputs=len(model.description["input_names"]),
            first_layer=sum(parameter.numel() for parameter in model.layers[0].parameters()),
            file_size=file_sizes[index],
            latency={size: medians[index] for size, medians in latencies.items()},
        )
        for index, model in enumerate(models)
    ]


def median_latency(in_onnx: Sequence[bytes], batches: Sequence[Float[np.ndarray, "n_rows _n_inputs"]]) -> list[float]:
    """Time models in onnxruntime on one thread, in turn, so that whatever else the machine does meets them all.

    Args:
        in_onnx: models in ONNX.
        batches: the rows that each is called with.

    Returns:
        The median time of a call in seconds, one per model.
    """
    sessions = [onnx_file.open_session(content) for content in in_onnx]
    seconds = np.empty((N_WARM_UP + N_CALLS, len(sessions)))
    for call in range(len(seconds)):
        for index, (session, inputs) in enumerate(zip(sessions, batches, strict=True)):
            started = time.perf_counter()
            session.run(None, {onnx_file.INPUTS: inputs})
            seconds[call, index] = time.perf_counter() - started
    medians: list[float] = np.median(seconds[N_WARM_UP:], axis=0).tolist()
    return medians
