"""How a ranking compares with relevance that is known."""

from typing import Any

import numpy as np
from jaxtyping import Float, Int


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
        no irrelevant or no clearly relevant inputs.

    Example:
        >>> irrelevant_over_weakest_relevant(np.array([2.0, 1.0, 0.1]), np.array([0.9, 0.1, 0.0]))
        0.05
    """
    irrelevant, clear = relevance[true_strength == 0], relevance[true_strength > weakest]
    return float(irrelevant.max() / clear.min()) if len(irrelevant) and len(clear) else None


def separation_of_truth(
    ranking: Int[np.ndarray, " n_features"], true_strength: Float[np.ndarray, " n_features"]
) -> dict[str, float] | None:
    """Score how well a ranking puts the relevant inputs first.

    Only the order counts. A random order has an AUROC of .5 and an average precision near the share of relevant inputs.

    Args:
        ranking: features from most to least relevant.
        true_strength: known strength; above 0 counts as relevant.

    Returns:
        `truth_auroc` and `truth_average_precision` (scikit-learn's), and `truth_best_k`: the share of the k relevant
        inputs that are among the first k. None if all inputs are relevant or none is.

    Example:
        >>> separation_of_truth(np.array([2, 0, 1, 3]), np.array([1.0, 0.0, 1.0, 0.0]))
        {'truth_auroc': 1.0, 'truth_average_precision': 1.0, 'truth_best_k': 1.0}
    """
    from sklearn.metrics import average_precision_score, roc_auc_score

    is_relevant = (true_strength > 0)[ranking]
    n_relevant = int(is_relevant.sum())
    if n_relevant in (0, len(ranking)):
        return None
    falling = -np.arange(len(ranking))
    return {
        "truth_auroc": float(roc_auc_score(is_relevant, falling)),
        "truth_average_precision": float(average_precision_score(is_relevant, falling)),
        "truth_best_k": float(is_relevant[:n_relevant].mean()),
    }


def compare_with_truth(
    ranking: Int[np.ndarray, " n_features"],
    relevance: Float[np.ndarray, " n_features"],
    true_strength: Float[np.ndarray, " n_features"],
) -> dict[str, Any]:
    """Collect every comparison of a ranking with the truth, as `metrics.json` holds it.

    Args:
        ranking: features from most to least relevant.
        relevance: one score per input.
        true_strength: known strength, 0 for irrelevant inputs.

    Returns:
        The measures by name; None where one is undefined. The three of `separation_of_truth` are left out if no
        input is irrelevant, or all are.
    """
    return {
        "spearman_with_true_strength": rank_correlation(relevance, true_strength),
        "irrelevant_over_relevant": irrelevant_over_weakest_relevant(relevance, true_strength),
        **(separation_of_truth(ranking, true_strength) or {}),
    }
