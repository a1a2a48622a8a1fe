"""How far rankings of the same inputs agree: methods with each other, or seeds of one method."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int


def rank_agreement(
    rankings: Int[np.ndarray, "n_rankings n_features"],
) -> Float[np.ndarray, "n_rankings n_rankings"]:
    """Correlate the ranks that every two rankings give to the inputs (Spearman).

    Args:
        rankings: each the inputs from most to least relevant.

    Returns:
        1 for the same order, 0 for unrelated ones, -1 for the reverse.

    Example:
        >>> rank_agreement(np.array([[0, 1, 2], [0, 1, 2], [2, 1, 0]])).round().tolist()
        [[1.0, 1.0, -1.0], [1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]]
    """
    return np.atleast_2d(np.corrcoef(np.argsort(rankings, axis=1)))


def top_k_masks(
    rankings: Int[np.ndarray, "n_rankings n_features"], k: int
) -> Bool[np.ndarray, "n_rankings n_features"]:
    """Mark the first k inputs of every ranking.

    Args:
        rankings: each the inputs from most to least relevant.
        k: how many.

    Returns:
        True for the first k.

    Example:
        >>> top_k_masks(np.array([[2, 0, 1]]), 2).tolist()
        [[True, False, True]]
    """
    return np.argsort(rankings, axis=1) < k


def top_k_overlap(
    rankings: Int[np.ndarray, "n_rankings n_features"], k: int
) -> Float[np.ndarray, "n_rankings n_rankings"]:
    """Count what every two rankings have in common among their first k inputs.

    Args:
        rankings: each the inputs from most to least relevant.
        k: how many.

    Returns:
        Shares of k: 1 for the same inputs. Two random rankings have k / n_features on average.

    Example:
        >>> top_k_overlap(np.array([[0, 1, 2, 3], [1, 2, 0, 3]]), 2).tolist()
        [[1.0, 0.5], [0.5, 1.0]]
    """
    masks = top_k_masks(rankings, k).astype(float)
    return masks @ masks.T / min(k, rankings.shape[1])


def top_k_frequency(
    rankings_of_methods: Sequence[Int[np.ndarray, "n_seeds n_features"]], k: int
) -> Float[np.ndarray, " n_features"]:
    """Count how often an input is among the first k, every method with the same weight whatever its number of seeds.

    Args:
        rankings_of_methods: for every method its rankings.
        k: how many.

    Returns:
        Shares: 1 for an input that all choose.

    Example:
        >>> top_k_frequency([np.array([[0, 1, 2]]), np.array([[0, 1, 2], [1, 0, 2]])], 1).tolist()
        [0.75, 0.25, 0.0]
    """
    return np.mean([top_k_masks(rankings, k).mean(axis=0) for rankings in rankings_of_methods], axis=0)
