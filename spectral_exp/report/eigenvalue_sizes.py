"""The size of each eigenvalue over training, as figures show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from spectral_exp.report.ranking import RankedFeature

if TYPE_CHECKING:
    from spectral_exp.tracking.trace import Trace


def eigenvalue_sizes(trace: Trace, ranking: Sequence[RankedFeature]) -> Float[np.ndarray, "n_records n_features"]:
    """Give the absolute eigenvalues over training, 0 from where an input was dropped.

    The sign of an eigenvalue can be moved into its eigenvector, so the size alone says something.

    Args:
        trace: what was recorded, over all inputs.
        ranking: the inputs, in any order.

    Returns:
        The sizes, one row per record.
    """
    sizes = np.abs(trace.eigenvalues)
    dropped_at = np.full(len(ranking), -1)
    dropped_at[[one.feature for one in ranking]] = [one.dropped_at_step for one in ranking]
    sizes[(dropped_at >= 0) & (trace.step[:, None] >= dropped_at)] = 0
    return sizes
