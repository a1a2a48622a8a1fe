"""The batches of several members in lockstep, each with the inputs that its network still takes."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, cast

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from spectral_exp.dataset.data import Part
from spectral_exp.dataset.loading import TensorLoader
from spectral_exp.members.member import Member


class StackedBatch(NamedTuple):
    """Rows for the networks of a stack.

    Attributes:
        inputs: (n_members, n_rows, *shape), or (n_rows, *shape) if all take the same.
        targets: (n_members, n_rows), or (n_rows,) likewise.
        inputs_axis: the members' axis, 0; None if all take the same.
        targets_axis: likewise.
    """

    inputs: Float[Tensor, "..."]
    targets: Shaped[Tensor, "..."]
    inputs_axis: int | None
    targets_axis: int | None


def training_batches(members: Sequence[Member], is_shared: bool) -> Iterator[StackedBatch]:
    """Hand out the batches of an epoch.

    Args:
        members: with loaders of equally many batches.
        is_shared: the first member's batches are everybody's.

    Yields:
        The batches.
    """
    loaders = [member.loader for member in members]
    if is_shared:
        for inputs, targets in loaders[0]:
            yield _for_all(members, inputs, targets)
    elif any(loader.augmentation for loader in loaders):
        for batches in zip(*loaders, strict=True):
            yield _for_each(members, *(torch.stack(tensors) for tensors in zip(*batches, strict=True)))
    else:
        for inputs, targets in _gathered(loaders):
            yield _for_each(members, inputs, targets)


def validation_batches(members: Sequence[Member], batch_size: int) -> Iterator[StackedBatch]:
    """Hand out the validation rows.

    Args:
        members: with equally many of them.
        batch_size: rows per batch.

    Yields:
        The batches.
    """
    parts = [member.validation_rows for member in members]
    bounds = [*range(0, len(parts[0]), batch_size), len(parts[0])]
    if all(part is parts[0] for part in parts):
        for inputs, targets in parts[0].batches(bounds):
            yield _for_all(members, inputs, targets)
        return
    for batches in zip(*(part.batches(bounds) for part in parts), strict=True):
        yield _for_each(members, *(torch.stack(tensors) for tensors in zip(*batches, strict=True)))


def _gathered(loaders: Sequence[TensorLoader]) -> Iterator[tuple[Tensor, Tensor]]:
    """The batches of loaders, each row copied once: to where it is wanted."""
    parts = [cast(Part, loader.rows) for loader in loaders]
    orders = [part.order(loader.generator()) for part, loader in zip(parts, loaders, strict=True)]
    for start, end in pairwise(loaders[0].bounds):
        shape = (len(loaders), end - start)
        inputs = parts[0].inputs.new_empty(*shape, *parts[0].inputs.shape[1:])
        targets = parts[0].targets.new_empty(shape)
        for place, (part, order) in enumerate(zip(parts, orders, strict=True)):
            torch.index_select(part.inputs, 0, order[start:end], out=inputs[place])
            torch.index_select(part.targets, 0, order[start:end], out=targets[place])
        yield inputs, targets


def _for_all(members: Sequence[Member], inputs: Tensor, targets: Tensor) -> StackedBatch:
    """The same rows for all; networks may have other inputs of them left."""
    if members[0].kept_of(inputs) is inputs:
        return StackedBatch(inputs, targets, None, None)
    return StackedBatch(torch.stack([member.kept_of(inputs) for member in members]), targets, 0, None)


def _for_each(members: Sequence[Member], inputs: Tensor, targets: Tensor) -> StackedBatch:
    """For every network rows of its own."""
    if members[0].kept_of(first := inputs[0]) is not first:
        inputs = torch.stack([member.kept_of(one) for member, one in zip(members, inputs, strict=True)])
    return StackedBatch(inputs, targets, 0, 0)
