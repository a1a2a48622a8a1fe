"""Nets run so that `torch.func` can transform them: by plain operations alone, at the price of some speed."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

_are_plain = False


@contextmanager
def plain_operations() -> Iterator[None]:
    """Let layers leave out what `torch.func.vmap` does not know: fused functions, layouts of memory.

    Yields:
        Nothing; nets called inside can be transformed.
    """
    global _are_plain
    before, _are_plain = _are_plain, True
    try:
        yield
    finally:
        _are_plain = before


def are_operations_plain() -> bool:
    """Tell whether layers are to leave out what cannot be transformed.

    Returns:
        True within `plain_operations`, and within `vmap`, `grad` and the like.
    """
    # What torch itself asks before an autograd function without a rule for `vmap`; it has no public name.
    return _are_plain or torch._C._are_functorch_transforms_active()
