"""Which runs no other one beats in both score and number of inputs."""

import numpy as np
from jaxtyping import Bool, Float


def pareto_front(
    n_inputs: Float[np.ndarray, " n_runs"], score: Float[np.ndarray, " n_runs"]
) -> Bool[np.ndarray, " n_runs"]:
    """Find the runs for which no other has as few inputs and as good a score, and is better in one of the two.

    Args:
        n_inputs: how many inputs each run keeps.
        score: how good it is with them; more is better.

    Returns:
        Which runs are on the front; those without a finite score never are.

    Example:
        >>> pareto_front(np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.9, 0.8])).tolist()
        [True, True, False]
    """
    is_on_front = np.zeros(len(score), bool)
    order = np.lexsort((-score, n_inputs))
    best, at = -np.inf, np.nan
    for run in order[np.isfinite(score[order]) & np.isfinite(n_inputs[order])]:
        if score[run] > best or (score[run] == best and n_inputs[run] == at):
            best, at = score[run], n_inputs[run]
            is_on_front[run] = True
    return is_on_front
