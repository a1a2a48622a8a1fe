"""The batches of several members in lockstep, each with the inputs that its network still takes."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, cast

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from spectral_exp.dataset.data import Part
from spectral_exp.dataset.loading import TensorLoader
from spectral_exp.dataset.rows import Rows
from spectral_exp.members.member import Member


class StackedBatch(NamedTuple):
    """Rows for the networks of a stack.

    Attributes:
        inputs: (n_members, n_rows, *shape), or (n_rows, *shape) if all take the same.
        targets: (n_members, n_rows), or (n_rows,) if they are the same for all.
        inputs_axis: the members' axis, 0; None if all take the same.
    """

    inputs: Float[Tensor, "..."]
    targets: Shaped[Tensor, "..."]
    inputs_axis: int | None


def training_batches(members: Sequence[Member], everybodys: TensorLoader | None) -> Iterator[StackedBatch]:
    """Hand out the batches of an epoch.

    Args:
        members: with loaders of equally many batches.
        everybodys: hands out the batches of all; None if every member has its own.

    Yields:
        The batches.
    """
    loaders = [member.loader for member in members]
    if everybodys is not None:
        for inputs, targets in everybodys:
            yield _for_all(members, inputs, targets)
    elif any(loader.augmentation for loader in loaders):
        for batches in zip(*loaders, strict=True):
            yield _for_each(members, *(torch.stack(tensors) for tensors in zip(*batches, strict=True)))
    else:
        for inputs, targets in _gathered(loaders):
            yield _for_each(members, inputs, targets)


def rows_in_common(members: Sequence[Member]) -> Iterator[tuple[list[int], Rows]]:
    """Group members by their validation rows.

    Args:
        members: the members.

    Yields:
        The places of those that have the same rows, and the rows.
    """
    places: dict[int, list[int]] = {}
    for place, member in enumerate(members):
        places.setdefault(id(member.validation_rows), []).append(place)
    for same in places.values():
        yield same, members[same[0]].validation_rows


def batches_for_all(members: Sequence[Member], rows: Rows, batch_size: int) -> Iterator[StackedBatch]:
    """Hand out rows, in their order, to all members.

    Args:
        members: the members.
        rows: the rows.
        batch_size: rows per batch.

    Yields:
        The batches.
    """
    for inputs, targets in rows.batches([*range(0, len(rows), batch_size), len(rows)]):
        yield _for_all(members, inputs, targets)


def _gathered(loaders: Sequence[TensorLoader]) -> Iterator[tuple[Tensor, Tensor]]:
    """The batches of loaders, every one in the memory of the one before."""
    # Members that differ in strength alone see the same rows in the same order.
    keys = [(id(cast(Part, loader.rows).inputs), loader.seed) for loader in loaders]
    distinct = list(dict.fromkeys(keys))
    places = [distinct.index(key) for key in keys]
    firsts = [loaders[keys.index(key)] for key in distinct]
    parts = [cast(Part, loader.rows) for loader in firsts]
    orders = [part.order(loader.generator()) for part, loader in zip(parts, firsts, strict=True)]
    index = torch.tensor(places, device=parts[0].inputs.device)
    wholes = [[part.inputs for part in parts], [part.targets for part in parts]]
    gathered: list[Tensor] = []
    for start, end in pairwise(loaders[0].bounds):
        if not gathered or gathered[0].shape[1] != end - start:
            gathered = [whole[0].new_empty(len(parts), end - start, *whole[0].shape[1:]) for whole in wholes]
            are_own = len(parts) == len(loaders)
            handed = gathered if are_own else [one.new_empty(len(loaders), *one.shape[1:]) for one in gathered]
        for tensors, of_firsts, of_all in zip(wholes, gathered, handed, strict=True):
            for tensor, order, rows in zip(tensors, orders, of_firsts, strict=True):
                torch.index_select(tensor, 0, order[start:end], out=rows)
            if of_all is not of_firsts:
                torch.index_select(of_firsts, 0, index, out=of_all)
        yield handed[0], handed[1]


def _for_all(members: Sequence[Member], inputs: Tensor, targets: Tensor) -> StackedBatch:
    """The same rows for all; networks may have other inputs of them left."""
    if members[0].kept_of(inputs) is inputs:
        return StackedBatch(inputs, targets, None)
    return StackedBatch(torch.stack([member.kept_of(inputs) for member in members]), targets, 0)


def _for_each(members: Sequence[Member], inputs: Tensor, targets: Tensor) -> StackedBatch:
    """For every network rows of its own."""
    if members[0].kept_of(first := inputs[0]) is not first:
        inputs = torch.stack([member.kept_of(one) for member, one in zip(members, inputs, strict=True)])
    return StackedBatch(inputs, targets, 0)
