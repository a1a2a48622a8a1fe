"""Does a slim model what the trained network does?"""

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.export.slim_model import Predict
from spectral_exp.functional.mask import blank

ROWS_AT_ONCE = 8192


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
    predict: Predict,
    model: nn.Module,
    info: DatasetInfo,
    kept: Bool[np.ndarray, " n_features"],
    inputs: Float[Tensor, "n_rows n_features"],
) -> float:
    """Compare a slim model with the trained network, all other inputs of which are set to 0.

    Args:
        predict: the slim model.
        model: the trained network, in evaluation mode.
        info: what its inputs and its target are.
        kept: the inputs of the slim model.
        inputs: rows of all inputs, as the network was trained on.

    Returns:
        The largest difference of class probabilities, or of values in standard deviations of the target; infinity
        if a result is no number.
    """
    largest = 0.0
    for rows in torch.split(inputs, ROWS_AT_ONCE):
        results = torch.from_numpy(predict(in_units(rows, info)[:, kept].contiguous().numpy()))
        outputs: Tensor = model(blank(rows, torch.from_numpy(kept))).double()
        if info.task == "classification":
            difference = results - outputs.softmax(dim=1)
        else:
            difference = (results - info.target_mean) / info.target_scale - outputs.squeeze(1)
        largest = max(largest, float(difference.abs().max().nan_to_num(nan=torch.inf)))
    return largest
