"""How a trained net does when it sees only its most relevant inputs, without retraining."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, cast

import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor, nn

from spectral_exp.functional.mask import blank
from spectral_exp.functional.sparse import is_sparse
from spectral_exp.layer.spectral_layer import SpectralLayer
from spectral_exp.layer.spectral_linear import SpectralLinear


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


@torch.no_grad()
def outputs_of_top(
    model: nn.Module,
    inputs: Float[Tensor, "n_rows *shape"],
    layer: SpectralLayer,
    ranking: Int[Tensor, " n_features"],
    counts: Sequence[int],
) -> Iterator[Shaped[Tensor, "n_rows n_out"]]:
    """Run a model on its top inputs only, 0 in place of the rest, for several numbers of them.

    Where the first layer is linear in the inputs, each enters its sums once, whatever the number of counts.

    Args:
        model: the trained network; put it in evaluation mode first.
        inputs: rows as the model was trained on, as many as `rows_at_once` allows.
        layer: the input layer, in spectral form; that of the model or of another parametrisation of it.
        ranking: the inputs, most relevant first.
        counts: how many of the top inputs keep their values, rising.

    Yields:
        The outputs for each count.
    """
    input_layer = cast(nn.Module, model.input_layer)
    is_linear = isinstance(layer, SpectralLinear) and layer.basis is None and not is_sparse(inputs)
    if not is_linear or getattr(model, "unit", "value") != "value":
        place = torch.argsort(ranking)
        for count in counts:
            yield masked_outputs(model, inputs, layer.over_row(place < count), input_layer)
        return
    order = ranking[layer.mask[ranking]]
    rows = inputs.flatten(1).index_select(1, order)
    weight = layer.over_all_inputs(layer.weight_matrix).index_select(1, order)
    n_kept = layer.mask[ranking].cumsum(0)[torch.tensor(counts, device=ranking.device) - 1].tolist()
    sums = rows.new_zeros(len(rows), len(weight)) if layer.bias is None else layer.bias.expand(len(rows), -1).clone()
    try:
        for first, end in pairwise([0, *n_kept]):
            sums.addmm_(rows[:, first:end], weight[:, first:end].t())
            input_layer.forward = lambda _: sums.clone()  # of this object, in front of that of its class
            yield model(inputs)
    finally:
        del input_layer.forward
