"""Sanity checks of a method that ranks inputs: what has to change its scores, and what must not.

Each takes the method as a function from a data set with flat rows to the relevance of its inputs, which trains whatever
it needs anew.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from spectral_exp.dataset.data import Data, Part
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.dataset.rows import Rows

Rank = Callable[[Data], Float[np.ndarray, " n_features"]]


def label_permutation(rank: Rank, data: Data, seed: int) -> float:
    """Rank with targets that are dealt to other rows, in the training and the validation part.

    What is left of the order does not come from the target: the correlation has to be near 0. It is not for methods
    that score the spread of an input rather than its use.

    Source: Adebayo et al., NeurIPS 2018, the data randomisation test.

    Args:
        rank: the method.
        data: the data set.
        seed: fixes who gets which target.

    Returns:
        Spearman's correlation of the scores with those for the true targets.
    """
    generator = torch.Generator().manual_seed(seed)

    def dealt(part: Rows) -> Part:
        return Part(part.inputs, part.targets[torch.randperm(len(part), generator=generator)])

    return spearman(rank(data), rank(replace(data, train=dealt(data.train), val=dealt(data.val))))


def parameter_randomisation(
    rank: Callable[[nn.Module], Float[np.ndarray, " n_features"]], net: nn.Module, seed: int
) -> dict[str, float]:
    """Rank by nets that lose what they learned, layer by layer from the output on.

    A method that explains the net forgets with it: the correlation falls, and at the last layer it is near 0.

    Source: Adebayo et al., NeurIPS 2018, the cascading model parameter randomisation test.

    Args:
        rank: the method, for one data set.
        net: the trained net; it is left as it is.
        seed: fixes the new parameters.

    Returns:
        By the name of each layer, Spearman's correlation with the scores of the trained net once this layer and all
        behind it have new parameters.
    """
    before = rank(net)
    net = copy.deepcopy(net)
    layers = [(name, layer) for name, layer in net.named_modules() if hasattr(layer, "reset_parameters")]
    found = {}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for name, layer in reversed(layers):
            layer.reset_parameters()
            found[name] = spearman(before, rank(net))
    return found


def column_permutation(rank: Rank, data: Data, seed: int) -> float:
    """Rank with the columns in another order: an input has to score the same wherever it stands.

    Exactly so for methods without chance; where a net starts from random weights, as far as two seeds agree.

    Args:
        rank: the method.
        data: the data set.
        seed: fixes the order.

    Returns:
        Spearman's correlation of the scores, each input with itself.
    """
    order = torch.randperm(data.info.n_features, generator=torch.Generator().manual_seed(seed))
    permuted = _with_columns(data, lambda inputs: inputs[:, order], order.tolist())
    return spearman(rank(data)[order.numpy()], rank(permuted))


class Places(NamedTuple):
    """Where an input stands in a ranking: the share of the other inputs that score lower, ties by half.

    Attributes:
        before: in the data as they are.
        after: in the changed data.
        copy: that of its copy, if there is one.
    """

    before: float
    after: float
    copy: float | None = None


def duplicated_column(rank: Rank, data: Data, feature: int) -> Places:
    """Rank with one input twice: both carry the same, so both have to stand alike.

    Many methods share the score among the two, some drop one of them.

    Args:
        rank: the method.
        data: the data set.
        feature: the input that gets a copy, as the last column.

    Returns:
        The places of the input and its copy.
    """
    columns = [*range(data.info.n_features), feature]
    scores = rank(_with_columns(data, lambda inputs: inputs[:, columns], columns))
    return Places(place(rank(data), feature), place(scores, feature), place(scores, len(scores) - 1))


def rescaled_column(rank: Rank, data: Data, feature: int, factor: float) -> Places:
    """Rank with one input in another unit, of which its relevance does not depend.

    Args:
        rank: the method.
        data: the data set.
        feature: the input.
        factor: what its values are multiplied by.

    Returns:
        The places of the input.
    """
    factors = torch.ones(data.info.n_features)
    factors[feature] = factor
    scaled = _with_columns(data, lambda inputs: inputs * factors, range(data.info.n_features))
    return Places(place(rank(data), feature), place(rank(scaled), feature))


def spearman(first: Float[np.ndarray, " n_features"], second: Float[np.ndarray, " n_features"]) -> float:
    """Correlate the ranks of two scores; 0 where one of them orders nothing.

    Args:
        first: one score per input.
        second: another.

    Returns:
        1 for the same order, -1 for the reverse.

    Example:
        >>> spearman(np.array([3.0, 2.0, 1.0]), np.array([30.0, 20.0, 10.0]))
        1.0
    """
    from scipy.stats import spearmanr

    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return round(float(spearmanr(first, second).statistic), 12)


def place(scores: Float[np.ndarray, " n_features"], feature: int) -> float:
    """Find where an input stands.

    Args:
        scores: one per input.
        feature: the input.

    Returns:
        The share of the other inputs that score lower, ties by half: 1 for the first, 0 for the last.

    Example:
        >>> place(np.array([5.0, 7.0, 5.0]), 0)
        0.25
    """
    lower, equal = np.sum(scores < scores[feature]), np.sum(scores == scores[feature]) - 1
    return float((lower + equal / 2) / (len(scores) - 1))


def _with_columns(data: Data, change: Callable[[Tensor], Tensor], origins: Sequence[int]) -> Data:
    """Change the columns of all parts; `origins` says which input each of the new ones comes from."""
    old = data.info
    names = [old.feature_names[origin] for origin in origins]
    names = [f"{name} (copy)" if name in names[:position] else name for position, name in enumerate(names)]
    info: DatasetInfo = replace(
        old,
        feature_names=tuple(names),
        shape=(len(names),),
        groups=None if old.groups is None else tuple(old.groups[origin] for origin in origins),
        true_strength=None if old.true_strength is None else old.true_strength[list(origins)],
        input_shift=None,
        input_divisor=None,
        mean_row=None,
        axis=None,
    )
    train, val, test = (Part(change(part.inputs), part.targets) for part in (data.train, data.val, data.test))
    return Data(info, train, val, test)
