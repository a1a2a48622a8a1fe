"""How layers find out that a net is not run by itself, but by something that transforms its operations."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

_are_stacked = False


@contextmanager
def stacked_nets() -> Iterator[None]:
    """Tell layers that `torch.func.vmap` runs the nets of a stack: they leave out what it does not know.

    Yields:
        Nothing; the nets are to be called inside.
    """
    global _are_stacked
    before, _are_stacked = _are_stacked, True
    try:
        yield
    finally:
        _are_stacked = before


def are_nets_stacked() -> bool:
    """Tell whether layers are those of a stack.

    Returns:
        True within `stacked_nets`.
    """
    return _are_stacked


def is_transformed() -> bool:
    """Tell whether something looks at the operations of a net that knows torch's own alone.

    Returns:
        True while `torch.compile` or `torch.jit.trace` records them, and within `torch.func.vmap`, `grad` and the like.
    """
    is_recorded = torch.compiler.is_compiling() or torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]
    # What torch itself asks before it applies an autograd function, from 2.6 on at least; there is no public name.
    return is_recorded or torch._C._are_functorch_transforms_active()
