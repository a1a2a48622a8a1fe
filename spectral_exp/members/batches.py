"""The batches of several members in lockstep, each with the inputs that its network still takes."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from spectral_exp.dataset.rows import Batch
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
    loaders = [member.loader for member in (members[:1] if is_shared else members)]
    for batches in zip(*loaders, strict=True):
        yield _stacked(members, batches)


def validation_batches(members: Sequence[Member], batch_size: int) -> Iterator[StackedBatch]:
    """Hand out the validation rows.

    Args:
        members: with equally many of them.
        batch_size: rows per batch.

    Yields:
        The batches.
    """
    parts = [member.run.data.val for member in members]
    parts = parts[:1] if all(part is parts[0] for part in parts) else parts
    bounds = [*range(0, len(parts[0]), batch_size), len(parts[0])]
    for batches in zip(*(part.batches(bounds) for part in parts), strict=True):
        yield _stacked(members, batches)


def _stacked(members: Sequence[Member], batches: Sequence[Batch]) -> StackedBatch:
    """Put batches together, one for all members or one for each."""
    is_shared = len(batches) == 1 < len(members)
    inputs, targets = ([batch[place] for batch in batches] for place in (0, 1))
    of_members = [member.kept_of(one) for member, one in zip(members, inputs * len(members), strict=False)]
    if is_shared and all(one is inputs[0] for one in of_members):
        return StackedBatch(inputs[0], targets[0], None, None)
    if is_shared:
        return StackedBatch(torch.stack(of_members), targets[0], 0, None)
    return StackedBatch(torch.stack(of_members), torch.stack(targets), 0, 0)
