"""The relevance of an input: the one definition every ranking in this package uses."""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def relevance(
    weight: Float[Tensor, "n_out n_in"],
    input_scale: Float[Tensor, " n_in"] | None = None,
) -> Float[Tensor, " n_in"]:
    r"""Score every input by the Euclidean norm of its column of the effective weight.

    With w_:j = lambda_j phi_:j this is r_j = |lambda_j| ||phi_:j||, which, unlike |lambda_j| alone,
    does not change when scale moves between eigenvalue and eigenvector. In the unit gauge it *is*
    |lambda_j|.

    Args:
        weight: the dense weight of the first layer.
        input_scale: the standard deviation of every input over the training rows. Given, r_j is the
            size of the input's typical effect on the layer, so that an input that hardly ever moves
            cannot rank high by a large weight that it never needed to shrink.

    Returns:
        The relevance, >= 0, one value per input.

    Example:
        >>> relevance(torch.tensor([[3.0, 0.0], [4.0, 1.0]]))
        tensor([5., 1.])
    """
    norms = torch.linalg.vector_norm(weight, dim=0)
    return norms if input_scale is None else norms * input_scale


def ranking(
    relevance: Float[Tensor, " n_in"],
    dropped_at: Int[Tensor, " n_in"] | None = None,
    groups: Int[Tensor, " n_in"] | None = None,
) -> Int[Tensor, " n_in"]:
    """Order the inputs by falling relevance.

    Inputs that were removed on a path rank below all that outlived them, the last removed first.
    Ties keep the order of the inputs, so the result is the same on every machine.

    Args:
        relevance: one score per input.
        dropped_at: the step at which an input was removed; -1 if it was kept to the end.
        groups: the group of every input, whose members have one relevance and left together: they stay side by
            side, even where groups tie. None if every input stands alone.

    Returns:
        The indices of the inputs, most relevant first.

    Example:
        >>> ranking(torch.tensor([0.1, 3.0, 2.0]), torch.tensor([-1, 40, 90]))
        tensor([0, 2, 1])
    """
    if groups is None:
        by_relevance = torch.argsort(relevance, descending=True, stable=True)
    else:
        by_group = torch.argsort(groups, stable=True)
        by_relevance = by_group[torch.argsort(relevance[by_group], descending=True, stable=True)]
    if dropped_at is None:
        return by_relevance
    never = torch.iinfo(dropped_at.dtype).max
    survival = torch.where(dropped_at < 0, never, dropped_at)[by_relevance]
    return by_relevance[torch.argsort(survival, descending=True, stable=True)]
