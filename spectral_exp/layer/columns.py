"""Which input and which eigenvalue every column of a layer belongs to."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from spectral_exp.functional.blocks import whole_blocks


class Survivors(NamedTuple):
    """What is left of a layer's parameters after inputs were dropped.

    Attributes:
        eigenvalues: positions among the eigenvalues before.
        columns: positions among the columns of `raw_eigenvectors` before.
    """

    eigenvalues: Int[Tensor, " n_eigenvalues"]
    columns: Int[Tensor, " n_columns"]


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns of a layer: p functions of every kept input, function by function.

    Attributes:
        in_features: number of inputs, dropped ones among them.
        n_functions: p.
        groups: the group of every input, from 0, whose members share an eigenvalue; None if each stands alone.
        always_kept: inputs that are never to leave; None if there are none.
        kept: the kept inputs; None while all are.
        device: where the tensors live.
    """

    in_features: int
    n_functions: int = 1
    groups: Int[Tensor, " n_features"] | None = None
    always_kept: Bool[Tensor, " n_features"] | None = None
    kept: Int[Tensor, " n_kept"] | None = None
    device: torch.device | None = None

    @property
    def n_kept(self) -> int:
        """How many inputs are kept."""
        return self.in_features if self.kept is None else self.kept.numel()

    @cached_property
    def n_groups(self) -> int:
        """How many groups there are, dropped ones among them."""
        return self.in_features if self.groups is None else int(self.groups.max()) + 1

    @cached_property
    def blocks(self) -> Int[Tensor, " n_columns"] | None:
        """The position of every column's eigenvalue among those of the kept inputs; None if they are one to one."""
        if self.groups is None and self.n_functions == 1:
            return None
        if self.groups is None:
            return torch.arange(self.n_kept, device=self.device).repeat(self.n_functions)
        groups = self.groups if self.kept is None else self.groups[self.kept]
        return torch.unique(groups, return_inverse=True)[1].repeat(self.n_functions)

    @cached_property
    def group_sizes(self) -> Int[Tensor, " n_groups"] | None:
        """How many inputs every group has, those that are dropped too; None if there are no groups."""
        return None if self.groups is None else torch.bincount(self.groups)

    @cached_property
    def penalty_weights(self) -> Float[Tensor, " n_eigenvalues"] | None:
        """How often a penalty counts every eigenvalue, see `SpectralLayer.weigh`; None if all count once."""
        if self.groups is None or self.group_sizes is None:
            if self.always_kept is None:
                return None
            weights = (~self.always_kept).float()
            return weights if self.kept is None else weights[self.kept]
        weights = self.group_sizes.sqrt()
        if self.always_kept is not None:
            weights[self.groups[self.always_kept]] = 0.0
        return weights if self.kept is None else weights[torch.unique(self.groups[self.kept])]

    def whole_groups(self, mask: Bool[Tensor, " n_features"]) -> Bool[Tensor, " n_features"]:
        """Extend a mask to every group that it touches.

        Args:
            mask: over all inputs.

        Returns:
            True for every input whose group has a True in the mask; the mask itself if there are no groups.
        """
        return whole_blocks(mask, self.groups)

    def always_kept_first(self, ranking: Int[Tensor, " n_features"]) -> Int[Tensor, " n_features"]:
        """Put the inputs that are never to leave before all others.

        Args:
            ranking: all inputs, most relevant first.

        Returns:
            The same inputs; within both parts the order stays.
        """
        if self.always_kept is None:
            return ranking
        is_first = self.always_kept[ranking]
        return torch.cat([ranking[is_first], ranking[~is_first]])

    def masks(self, mask: Bool[Tensor, " n_features"]) -> dict[str, Bool[Tensor, " n"]]:
        """Tell which parameters, of all, inputs have.

        Args:
            mask: over all inputs, whole groups of them.

        Returns:
            The mask over the last axis of `eigenvalues` and `raw_eigenvectors` of all inputs.
        """
        of_eigenvalues = mask
        if self.groups is not None:
            of_eigenvalues = torch.zeros(self.n_groups, dtype=torch.bool, device=mask.device)
            of_eigenvalues[self.groups.to(mask.device)[mask]] = True
        return {"eigenvalues": of_eigenvalues, "raw_eigenvectors": mask.repeat(self.n_functions)}

    def drop(self, leaving: Bool[Tensor, " n_features"]) -> tuple["Columns", Survivors]:
        """Leave inputs out.

        Args:
            leaving: True for every input to leave out, over all inputs.

        Returns:
            What is left, and where it stood before.

        Raises:
            ValueError: if no input would be left, or only some of a group.
        """
        before = torch.arange(self.in_features, device=self.device) if self.kept is None else self.kept
        survivors = (~leaving[before]).nonzero().squeeze(1)
        if survivors.numel() == 0:
            raise ValueError("cannot drop every input of a layer")
        if self.groups is not None and not torch.equal(self.whole_groups(leaving), leaving):
            raise ValueError("cannot drop some inputs of a group and keep others")
        eigenvalues = survivors if self.groups is None or self.blocks is None else torch.unique(self.blocks[survivors])
        columns = torch.cat([survivors + function * before.numel() for function in range(self.n_functions)])
        kept = before[survivors] if survivors.numel() < self.in_features else None
        return replace(self, kept=kept), Survivors(eigenvalues, columns)

    def to(self, device: torch.device) -> "Columns":
        """Move everything to a device.

        Args:
            device: where to.

        Returns:
            The columns there.
        """
        groups, always_kept, kept = (
            None if tensor is None else tensor.to(device) for tensor in (self.groups, self.always_kept, self.kept)
        )
        return replace(self, groups=groups, always_kept=always_kept, kept=kept, device=device)
