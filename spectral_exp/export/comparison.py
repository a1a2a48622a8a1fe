"""Does a slim model what the trained network does?"""

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.dataset.rows import Rows
from spectral_exp.export.slim_model import Predict
from spectral_exp.functional.mask import blank


def in_units(
    inputs: Float[Tensor, "n_rows n_features *positions"], info: DatasetInfo
) -> Float[Tensor, "n_rows n_features *positions"]:
    """Undo the scaling of inputs.

    Args:
        inputs: rows as the network was trained on.
        info: holds the scaling.

    Returns:
        Rows in the units of the data, float64.
    """
    rows = inputs.to_dense().double()
    if info.input_shift is None or info.input_divisor is None:
        return rows
    divisor, shift = (
        torch.from_numpy(values).reshape(-1, *[1] * (rows.ndim - 2))
        for values in (info.input_divisor, info.input_shift)
    )
    return rows * divisor + shift


@torch.no_grad()
def largest_difference(
    predict: Predict,
    model: nn.Module,
    info: DatasetInfo,
    kept: Bool[np.ndarray, " n_features"],
    rows: Rows,
) -> float:
    """Compare a slim model with the trained network, all other inputs of which are set to 0.

    Args:
        predict: the slim model.
        model: the trained network, in evaluation mode.
        info: what its inputs and its target are.
        kept: the inputs of the slim model.
        rows: rows of all inputs.

    Returns:
        The largest difference of class probabilities, or of values in standard deviations of the target; infinity
        if a result is no number.
    """
    largest = 0.0
    for inputs, _ in rows.in_turn():
        results = torch.from_numpy(predict(in_units(inputs, info)[:, kept].contiguous().numpy()))
        mask = torch.from_numpy(kept).reshape(-1, *[1] * (inputs.ndim - 2))
        outputs: Tensor = model(blank(inputs, mask)).double()
        if info.task == "classification":
            difference = results - outputs.softmax(dim=1)
        else:
            difference = (results - info.target_mean) / info.target_scale - outputs.squeeze(1)
        largest = max(largest, float(difference.abs().max().nan_to_num(nan=torch.inf)))
    return largest
