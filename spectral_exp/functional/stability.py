"""How far selections of the same inputs agree, beyond what chance would give."""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool


class Stability(NamedTuple):
    """The agreement of several selections, with an interval for it.

    Attributes:
        value: 1 = all the same, 0 = as random selections of these sizes would agree; NaN if it is not defined.
        low: lower end of the confidence interval.
        high: upper end of the confidence interval.
    """

    value: float
    low: float
    high: float


def nogueira_stability(masks: Bool[np.ndarray, "n_selections n_features"], confidence: float = 0.95) -> Stability:
    r"""Measure how stable a selection of inputs is (Nogueira, Sechidis and Brown, JMLR 18(174), 2018).

    With p_f the share of the M selections that keep input f, s_f² = M / (M - 1) p_f (1 - p_f) its unbiased
    variance, d the number of inputs and k the mean number kept, the stability (their definition 4) is

        Phi = 1 - (1/d sum_f s_f²) / (k/d (1 - k/d)),

    the variance of keeping an input over what it would be if inputs were kept at random. It is asymptotically
    normal (their theorem 7): with phi_i the part that selection i has in Phi, its variance is estimated by
    4 / M² sum_i (phi_i - mean phi)². The interval is cut to the measure's range, -1 / (M - 1) to 1.

    Args:
        masks: one selection per row, True = kept.
        confidence: the probability that the interval is to hold, in (0, 1).

    Returns:
        The stability; NaN for fewer than two selections, or where all of them keep no input or every input.

    Raises:
        ValueError: if masks is not a table of True and False, or confidence is no probability.

    Example:
        >>> nogueira_stability(np.array([[True, False, False], [True, False, False]])).value
        1.0
    """
    masks = np.asarray(masks)
    if masks.ndim != 2 or masks.dtype != np.bool_:
        raise ValueError(
            f"masks must be bool, shape (n_selections, n_features), got {masks.dtype}, shape {masks.shape}"
        )
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be in (0, 1), got {confidence}")
    n_selections, n_features = masks.shape
    if n_selections < 2 or masks.all() or not masks.any():
        return Stability(np.nan, np.nan, np.nan)
    frequency = masks.mean(axis=0)
    share = masks.mean(axis=1)  # of the inputs, kept by each selection
    mean_share = frequency.mean()
    at_random = mean_share * (1 - mean_share)
    unbiased = n_selections / (n_selections - 1)
    value = 1 - unbiased * np.mean(frequency * (1 - frequency)) / at_random

    agreement = masks @ frequency / n_features - share * mean_share
    parts = (agreement + value / 2 * (2 * share * mean_share - share - mean_share + 1)) / at_random
    deviation = 2 / n_selections * np.sqrt(np.sum((parts - parts.mean()) ** 2))
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * deviation
    low, high = np.clip((value - reach, value + reach), -1 / (n_selections - 1), 1)
    return Stability(float(value), float(low), float(high))
