"""Nets run so that `torch.func` and the like can transform them: by plain operations, at the price of some speed."""

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
        True within `plain_operations`.
    """
    return _are_plain


def is_transformed() -> bool:
    """Tell whether something looks at the operations of a net that knows torch's own alone.

    Returns:
        True while `torch.compile` or `torch.jit.trace` records them, and within `torch.func.vmap`, `grad` and the like.
    """
    # What torch itself asks before it applies an autograd function; two of the three have no public name.
    is_recorded = torch.compiler.is_compiling() or torch._C._is_tracing()
    return is_recorded or torch._C._are_functorch_transforms_active()
