"""How a ranking compares with relevance that is known."""

import numpy as np
from jaxtyping import Float


def rank_correlation(
    relevance: Float[np.ndarray, " n_features"], true_strength: Float[np.ndarray, " n_features"]
) -> float | None:
    """Correlate the ranks of relevance and true strength over the relevant inputs (Spearman).

    Args:
        relevance: one score per input.
        true_strength: known strength, 0 for irrelevant inputs.

    Returns:
        The correlation, or None where all values of one side are equal: there is no order to agree with.

    Example:
        >>> rank_correlation(np.array([3.0, 1.0, 0.5, 9.0]), np.array([0.9, 0.4, 0.2, 0.0]))
        1.0
    """
    from scipy.stats import spearmanr

    is_relevant = true_strength > 0
    sides = relevance[is_relevant], true_strength[is_relevant]
    if min(len(np.unique(side)) for side in sides) < 2:
        return None
    return float(spearmanr(*sides).statistic)


def irrelevant_over_weakest_relevant(
    relevance: Float[np.ndarray, " n_features"],
    true_strength: Float[np.ndarray, " n_features"],
    weakest: float = 0.3,
) -> float | None:
    """Divide the highest relevance of an irrelevant input by the lowest of a clearly relevant one.

    Args:
        relevance: one score per input.
        true_strength: known strength, 0 for irrelevant inputs.
        weakest: the strength above which an input counts as clearly relevant.

    Returns:
        The ratio; below 1, every irrelevant input ranks below every clearly relevant one. None if there are
        no irrelevant or no clearly relevant inputs, or if one of the latter has relevance 0.

    Example:
        >>> irrelevant_over_weakest_relevant(np.array([2.0, 1.0, 0.1]), np.array([0.9, 0.1, 0.0]))
        0.05
    """
    irrelevant, clear = relevance[true_strength == 0], relevance[true_strength > weakest]
    if len(irrelevant) == 0 or len(clear) == 0 or clear.min() == 0:
        return None
    return float(irrelevant.max() / clear.min())
