"""What ranks, the processes that train one net together, tell each other; a process alone keeps what it has."""

from collections.abc import Iterable
from itertools import chain

import torch.distributed as dist
from torch import Tensor, nn


def n_ranks() -> int:
    """Count the processes that train together.

    Returns:
        At least 1.
    """
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def average_gradients(parameters: Iterable[Tensor]) -> None:
    """Replace gradients by their mean over all ranks, in place.

    Averaging twice changes nothing, so gradients may be averaged while they still accumulate.

    Args:
        parameters: the same ones, in the same order, on every rank; those without a gradient are passed over.
    """
    if n_ranks() == 1:
        return
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    # Divided first, as DDP does: gloo has no mean, and a sum of half floats could overflow.
    works = [dist.all_reduce(gradient.div_(n_ranks()), async_op=True) for gradient in gradients]
    for work in works:
        work.wait()


def copy_from_first_rank(tensors: Iterable[Tensor]) -> None:
    """Overwrite tensors by those of the first rank.

    Args:
        tensors: of the same shapes and types, in the same order, on every rank.
    """
    if n_ranks() > 1:
        for tensor in tensors:
            dist.broadcast(tensor.detach(), src=0)


def names_of(module: nn.Module, tensors: Iterable[Tensor | None]) -> list[str]:
    """Name parameters and buffers of a module.

    Args:
        module: the module.
        tensors: some of its own; None is passed over.

    Returns:
        The names, as in `named_parameters` and `named_buffers`.
    """
    ids = {id(tensor) for tensor in tensors}
    return [name for name, one in chain(module.named_parameters(), module.named_buffers()) if id(one) in ids]
