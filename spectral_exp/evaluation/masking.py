"""How a trained net does when it sees only its most relevant inputs, without retraining."""

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor, nn

from spectral_exp.functional.mask import blank
from spectral_exp.functional.sparse import is_sparse


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
    inputs: Float[Tensor, "n_rows n_features"],
    ranking: Int[Tensor, " n_features"],
    counts: Sequence[int],
) -> Iterator[Shaped[Tensor, "n_rows n_out"]]:
    """Run a model on rows in which all but the top inputs are 0: the paper's test of a ranking.

    Args:
        model: the trained network; put it in evaluation mode first.
        inputs: rows as the model was trained on, as many as `rows_at_once` allows: they are copied once.
        ranking: the inputs, most relevant first.
        counts: how many of the top inputs keep their values, rising.

    Yields:
        The outputs for each count, one row per row of inputs.
    """
    if is_sparse(inputs):
        place = torch.argsort(ranking)
        yield from (model(blank(inputs, place < count)) for count in counts)
        return
    masked = torch.zeros_like(inputs)
    before = 0
    for count in counts:
        entering = ranking[before:count]
        masked[:, entering] = inputs[:, entering]
        before = count
        yield model(masked)
