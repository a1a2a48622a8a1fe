"""What stands in the gaps of an image or a sequence some of whose positions are left out."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

BY_DISTANCE = (64.0, 8.0, 1.0)  # weights of a place and its neighbours along an axis: an eighth for every step


def fill_gaps(rows: Float[Tensor, "*rows"], mask: Bool[Tensor, "*shape"]) -> Float[Tensor, "*rows"]:
    """Put the mean of the kept values nearby in place of every dropped one, channel by channel.

    The mean is over up to two positions along every axis, an eighth of the weight for every step: a normalised
    convolution in which those beside a gap decide, and others where there are none. Where nothing near is kept it is 0.
    Source: Knutsson and Westin, Normalized and differential convolution, CVPR 1993, doi 10.1109/CVPR.1993.341081.

    Args:
        rows: images or sequences, shape (*, n_channels, *positions), 0 at dropped places.
        mask: True for kept places, shape (n_channels, *positions).

    Returns:
        The rows without gaps.

    Example:
        >>> fill_gaps(torch.tensor([[2.0, 0.0, 4.0]]), torch.tensor([[True, False, True]]))
        tensor([[2., 3., 4.]])
    """
    n_axes = mask.dim() - 1
    return torch.where(mask, rows, _weighted_sums(rows, n_axes) / _weights(mask))


def areas(mask: Bool[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Count the positions that every kept value stands for: itself, and its shares of the gaps that it helps to fill.

    Args:
        mask: True for kept places, shape (n_channels, *positions).

    Returns:
        What `fill_gaps` makes of a row that is 1 at this place alone, summed over the row; 0 for dropped places.

    Example:
        >>> areas(torch.tensor([[True, False, True]]))
        tensor([[1.5000, 0.0000, 1.5000]])
    """
    gaps = torch.where(mask, 0.0, 1.0 / _weights(mask))
    return torch.where(mask, 1.0 + _weighted_sums(gaps, mask.dim() - 1), 0.0)


def least_nearby(ranks: Int[Tensor, "*shape"], chosen: Bool[Tensor, "*shape"], n_axes: int) -> Bool[Tensor, "*shape"]:
    """Find the chosen positions that no chosen position of lower rank is near, as near as the mean of a gap reaches.

    Args:
        ranks: of all positions, all different, shape (n_channels, *positions).
        chosen: which of them compete, of the same shape.
        n_axes: number of axes of positions, 1 or 2.

    Returns:
        A part of the chosen positions, any two of which are far from each other along some axis, or in other channels.

    Example:
        >>> least_nearby(torch.tensor([[0, 1, 2, 4, 3]]), torch.tensor([[False, True, True, True, True]]), n_axes=1)
        tensor([[False,  True, False, False,  True]])
    """
    rivals = torch.where(chosen, -ranks.double(), -torch.inf)
    reach = len(BY_DISTANCE) - 1
    pool = {1: F.max_pool1d, 2: F.max_pool2d}[n_axes]
    return chosen & (rivals == pool(rivals, 2 * reach + 1, stride=1, padding=reach))


def _weights(mask: Bool[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    # They are whole numbers: 1 stands for 0, where nothing near is kept.
    return _weighted_sums(mask.float(), mask.dim() - 1).clamp_min(1.0)


def _weighted_sums(rows: Float[Tensor, "*rows"], n_axes: int) -> Float[Tensor, "*rows"]:
    for axis in range(-n_axes, 0):  # products with banded matrices, which are faster than convolutions of one channel
        places = torch.arange(rows.shape[axis], device=rows.device)
        distances = (places[:, None] - places).abs()
        band = torch.zeros_like(distances, dtype=rows.dtype)
        for distance, weight in enumerate(BY_DISTANCE):  # numbers: no step waits until the device has a tensor of them
            band.masked_fill_(distances == distance, weight)
        rows = (rows.transpose(axis, -1) @ band).transpose(axis, -1)
    return rows
