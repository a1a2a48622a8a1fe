"""Dropout whose masks are drawn outside the net: those of every member come from its own random numbers."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from spectral_exp.model.input_dropout import InputDropout

# Those that draw a number for every unit by itself.
DROPOUTS = (nn.Dropout, InputDropout)


class GivenDropout(nn.Module):
    """Dropout by the masks that it is handed.

    Args:
        share: of units that are dropped in training.

    Attributes:
        first_axis: of the units in the values, behind that of the rows.
        shape: of what was dropped last, without the rows.
        mask: 0 for dropped units, else 1 / (1 - share); None where nothing is dropped.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share
        self.first_axis = 1
        self.shape: tuple[int, ...] = ()
        self.mask: Tensor | None = None

    def forward(self, values: Float[Tensor, "n_rows *shape"]) -> Float[Tensor, "n_rows *shape"]:
        """Drop units.

        Args:
            values: of all units.

        Returns:
            The values times the mask.
        """
        self.shape = tuple(values.shape[self.first_axis :])
        return values if self.mask is None else values * self.mask


def give_dropout(module: nn.Module) -> list[GivenDropout]:
    """Put `GivenDropout` in the place of every dropout of a net.

    Args:
        module: the net, changed in place.

    Returns:
        The new ones, in the order of the net's modules.
    """
    given = []
    for parent in list(module.modules()):
        for name, child in parent.named_children():
            if isinstance(child, nn.Dropout) and type(child) in DROPOUTS:
                given.append(GivenDropout(child.p))
                setattr(parent, name, given[-1])
    return [one for one in given if one.share > 0]


def draw_masks(
    dropouts: Sequence[GivenDropout], generators: Sequence[torch.Generator], n_rows: int
) -> list[Float[Tensor, "n_members n_rows *shape"]]:
    """Draw masks as torch's own dropout would.

    Args:
        dropouts: in the order in which a net runs through them; their shapes are known.
        generators: one per member.
        n_rows: rows of the batch.

    Returns:
        One per dropout.
    """
    device = generators[0].device
    masks = [torch.empty(len(generators), n_rows, *one.shape, device=device) for one in dropouts]
    for member, generator in enumerate(generators):
        for one, mask in zip(dropouts, masks, strict=True):
            mask[member].bernoulli_(1 - one.share, generator=generator).div_(1 - one.share)
    return masks
