"""How long models take to answer, side by side."""

import time
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from spectral_exp.export.onnx_file import INPUTS, open_session, to_bytes
from spectral_exp.export.slim_model import SlimModel

N_RUNS, N_WARM_UP = 300, 20


def median_latency(
    models: Sequence[SlimModel], rows: Float[np.ndarray, "n_rows n_features"], batch_size: int
) -> list[float]:
    """Measure models in onnxruntime on one thread, in turn, so that whatever else the machine does meets them all.

    Args:
        models: models of some of the inputs.
        rows: rows of all inputs in their own units.
        batch_size: rows per call.

    Returns:
        The median time of a call in seconds, one per model.
    """
    batch = np.resize(rows, (batch_size, rows.shape[1]))  # repeats the rows if there are too few
    batches = [np.ascontiguousarray(batch[:, model.description["input_positions"]]) for model in models]
    sessions = [open_session(to_bytes(model)) for model in models]
    seconds = np.empty((N_WARM_UP + N_RUNS, len(models)))
    for run in range(len(seconds)):
        for index, (session, inputs) in enumerate(zip(sessions, batches, strict=True)):
            started = time.perf_counter()
            session.run(None, {INPUTS: inputs})
            seconds[run, index] = time.perf_counter() - started
    medians: list[float] = np.median(seconds[N_WARM_UP:], axis=0).tolist()
    return medians
