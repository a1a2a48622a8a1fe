"""The jobs of a sweep, from lists of values: every combination, or values side by side."""

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence

from spectral_exp.errors import UserError


def combinations(
    values: Mapping[str, Sequence[str]], combined: Collection[str] | None = None
) -> Iterator[tuple[str, ...]]:
    """Take one value of each key, in all ways that a sweep asks for.

    Args:
        values: by key, in the order of their keys on the command line; one value or several each.
        combined: keys of which every value meets every other; None: all keys. The others are paired: the first
            value of one with the first values of the others, the second with the second.

    Yields:
        One value per key, in the order of the keys; the last key changes fastest.

    Raises:
        UserError: if lists that are to be paired differ in length.

    Example:
        >>> list(combinations({"a": ["1", "2"], "b": ["x", "y"]}))
        [('1', 'x'), ('1', 'y'), ('2', 'x'), ('2', 'y')]
        >>> list(combinations({"a": ["1", "2"], "b": ["x", "y"]}, combined=[]))
        [('1', 'x'), ('2', 'y')]
    """
    paired = [key for key, of_key in values.items() if combined is not None and key not in combined and len(of_key) > 1]
    lengths = {key: len(values[key]) for key in paired}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{key} has {length}" for key, length in lengths.items())
        raise UserError(f"values that are paired must be equally many: {listed}")
    # All paired keys share one axis, at the place of the first.
    axes = [key for key in values if key not in paired[1:]]
    for indices in itertools.product(*(range(len(values[key])) for key in axes)):
        index = dict(zip(axes, indices, strict=True))
        yield tuple(values[key][index[paired[0] if key in paired else key]] for key in values)
