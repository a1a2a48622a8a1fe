"""How a trained net does when it sees only its most relevant inputs, without retraining."""

from typing import Any

import torch
from jaxtyping import Bool, Float, Shaped
from torch import Tensor, nn

from spectral_exp.functional.mask import blank


def masking_counts(n_features: int, also: int = 1, per_decade: int = 10) -> list[int]:
    """Choose how many inputs to keep along the curve: evenly spaced on a logarithmic axis.

    Args:
        n_features: number of inputs; always the last count.
        also: a count to include, such as the number of selected inputs.
        per_decade: points per factor of ten.

    Returns:
        Rising counts from 1 to n_features.

    Example:
        >>> masking_counts(8, per_decade=3)
        [1, 2, 5, 8]
    """
    counts, exponent = {n_features, min(max(also, 1), n_features)}, 0
    while (count := round(10 ** (exponent / per_decade))) < n_features:
        counts.add(count)
        exponent += 1
    return sorted(counts)


@torch.no_grad()
def masked_outputs(
    model: nn.Module,
    inputs: Float[Tensor, "n_rows *shape"],
    mask: Bool[Tensor, "*row"],
    layer: nn.Module | None = None,
) -> Shaped[Tensor, "n_rows n_out"]:
    """Run a model on some of its inputs only, 0 in place of the rest: the paper's test of a ranking.

    Args:
        model: the trained network; put it in evaluation mode first.
        inputs: rows as the model was trained on, as many as `rows_at_once` allows.
        mask: True for every input to keep, laid out as `SpectralLayer.over_row` does.
        layer: the part of the model that the inputs are those of; None for the model itself.

    Returns:
        The outputs, one row per row of inputs.
    """

    def blank_others(_: nn.Module, arguments: tuple[Any, ...]) -> Tensor:
        return blank(arguments[0], mask)

    with (layer or model).register_forward_pre_hook(blank_others):
        outputs: Tensor = model(inputs)
        return outputs
