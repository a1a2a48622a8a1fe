"""What layers in spectral form share: a weight that is eigenvectors times eigenvalues."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal

import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor, nn
from typing_extensions import Self

from spectral_exp.functional.blocks import block_norms, block_sums
from spectral_exp.functional.mask import scatter
from spectral_exp.functional.relevance import ranking, relevance
from spectral_exp.functional.spectral import spectral_weight, unit_blocks, unit_columns
from spectral_exp.layer.columns import Columns, Survivors

Gauge = Literal["free", "unit"]


class SpectralLayer(nn.Module, ABC):
    r"""A layer with one eigenvalue for each of its inputs, by which they are ranked and dropped.

    Source: Chicchi et al., Communications Physics (2026), doi 10.1038/s42005-026-02614-7.

    An input is whatever the layer gives an eigenvalue: a number of a row, a channel, a position. All that the
    layer does with input j is a column of the weight matrix, w_ij = (lambda_j - lambda_out_i) phi_ij.

    The scale of a column can move between lambda_j and phi_:j without changing the network. The
    gauge says what becomes of it: `free` leaves it to the optimizer, as in the paper; `unit` keeps
    every column of phi at norm 1, so that |lambda_j| is the relevance of input j.

    Inputs can be dropped for good (`drop`): their parameters leave the layer; the state dict always speaks of
    all inputs.

    Several columns may share one eigenvalue, which then speaks of them all: the functions of one input, the inputs
    of a group (`share_eigenvalues`), or both. In the unit gauge it is the whole block that has norm 1. Relevance is the
    norm of an input's columns; the members of a group share the root mean square of theirs. With p functions and n_kept
    inputs there are n_columns = p n_kept columns, function by function.

    Args:
        in_features: number of inputs, n_features.
        n_out: number of rows of the weight matrix.
        gauge: how the scale shared by eigenvalue and eigenvector is fixed.
        device: where the parameters live.
        dtype: their type.
        n_functions: p; None for the inputs themselves.

    Attributes:
        eigenvalues: lambda of the kept inputs, shape (n_kept,), or of the kept groups.
        raw_eigenvectors: what phi is made of, shape (n_out, n_columns).
        output_eigenvalues: lambda_out, shape (n_out,), or None if it is 0.
        bias: an additive bias, or None.
        dropped_at: the step at which each input was dropped, -1 for kept ones, shape (in_features,).
        relevance_at_drop: the norm each column had then, 0 for kept ones, shape (in_features,), or
            (n_functions, in_features).
        columns: which input and which eigenvalue every column belongs to.
        takes_kept: rows of the kept inputs alone are taken too.

    Raises:
        ValueError: if the gauge is unknown.
    """

    takes_kept: ClassVar[bool] = True

    dropped_at: Tensor
    relevance_at_drop: Tensor
    output_eigenvalues: Tensor | None
    bias: Tensor | None

    def __init__(
        self,
        in_features: int,
        n_out: int,
        gauge: Gauge = "free",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        n_functions: int | None = None,
    ) -> None:
        super().__init__()
        if gauge not in ("free", "unit"):
            raise ValueError(f"gauge must be 'free' or 'unit', got {gauge!r}")
        self.in_features = in_features
        self.gauge: Gauge = gauge
        factory: dict[str, Any] = {"device": device, "dtype": dtype}
        self.columns = Columns(in_features, n_functions=n_functions or 1)
        self.eigenvalues = nn.Parameter(torch.empty(in_features, **factory))
        # In the unit gauge only the direction of each column, or block of columns, counts.
        self.raw_eigenvectors = nn.Parameter(torch.empty(n_out, self.columns.n_functions * in_features, **factory))
        self.register_parameter("output_eigenvalues", None)
        self.register_parameter("bias", None)
        self.register_buffer("dropped_at", torch.full((in_features,), -1, device=device))
        self.columns = self.columns.to(self.dropped_at.device)
        per_column = (in_features,) if n_functions is None else (n_functions, in_features)
        self.register_buffer("relevance_at_drop", torch.zeros(per_column, **factory))
        self._is_weight_trained = False

    @abstractmethod
    def over_row(self, values: Shaped[Tensor, " n_features"]) -> Shaped[Tensor, "*row"]:
        """Lay values of all inputs out so that they broadcast against rows.

        Args:
            values: one per input.

        Returns:
            The values along the axes of a row that the inputs lie along.
        """

    @torch.no_grad()
    def set_weight(self, weight: Float[Tensor, "n_out n_in"], bias: Float[Tensor, " n_out"] | None = None) -> None:
        """Take over a dense weight: eigenvalues 1 in the free gauge, the norms of columns or blocks in the unit gauge.

        Args:
            weight: the weight matrix over all inputs, or the columns of all.
            bias: the bias; left as it is if None.

        Raises:
            RuntimeError: if inputs were dropped.
        """
        if self.columns.kept is not None:
            raise RuntimeError("cannot set the weight of a layer whose inputs were dropped")
        if self.output_eigenvalues is not None:
            self.output_eigenvalues.zero_()
        if self.gauge == "free":
            self.eigenvalues.fill_(1.0)
        elif self.columns.blocks is None:
            self.eigenvalues.copy_(relevance(weight))
        else:
            self.eigenvalues.copy_(block_norms(weight, self.columns.blocks, self.eigenvalues.numel()))
        self.raw_eigenvectors.copy_(weight)
        if bias is not None and self.bias is not None:
            self.bias.copy_(bias)

    @torch.no_grad()
    def train_weight(self) -> None:
        """From now on let `raw_eigenvectors` be the weight itself, so that its gradient is that of the weight.

        A column with eigenvalue 0 has a gradient then too, which the two factors would hide. The eigenvalues
        have none: whoever moves the weight says so by `set_weight`.

        Raises:
            ValueError: if the gauge is not `unit`, or the output eigenvalues are learned.
        """
        if self.gauge != "unit" or self.output_eigenvalues is not None:
            raise ValueError("the weight is trained in the unit gauge, without output eigenvalues")
        self.set_weight(self.weight_matrix)
        self.eigenvalues.requires_grad_(False)
        self._is_weight_trained = True

    @torch.no_grad()
    def share_eigenvalues(self, groups: Sequence[int]) -> None:
        """Let the inputs of a group share one eigenvalue from now on; the outputs stay as they are.

        Such inputs are penalised, ranked and dropped together. `eigenvalues` becomes a new parameter.

        Args:
            groups: the group of every input, any numbers.

        Raises:
            ValueError: if there is not one number per input.
            RuntimeError: if inputs were dropped.
        """
        if len(groups) != self.in_features:
            raise ValueError(f"groups must hold one number per input ({self.in_features}), got {len(groups)}")
        if self.columns.kept is not None:
            raise RuntimeError("cannot group the inputs of a layer some of which were dropped")
        weight = self.weight_matrix
        numbered = torch.unique(torch.as_tensor(groups, device=weight.device), return_inverse=True)[1]
        self.columns = replace(self.columns, groups=numbered)
        if self.columns.always_kept is not None:
            self.keep_always(self.columns.always_kept)
        eigenvalues = self.eigenvalues.new_empty(self.columns.n_groups)
        self.eigenvalues = nn.Parameter(eigenvalues, self.eigenvalues.requires_grad)
        self.set_weight(weight)

    def keep_always(self, mask: Bool[Tensor, " n_features"]) -> None:
        """Mark inputs that are never to leave, the rest of their groups included: no penalty presses them.

        Whoever calls `drop` finds them in `columns.always_kept`.

        Args:
            mask: True for every such input.
        """
        always_kept = self.columns.whole_groups(mask.to(self.dropped_at.device))
        self.columns = replace(self.columns, always_kept=always_kept)

    @property
    def n_kept(self) -> int:
        """How many inputs are kept."""
        return self.columns.n_kept

    @property
    def eigenvectors(self) -> Float[Tensor, "n_out n_columns"]:
        """The block phi of the kept inputs; columns, or blocks of them, have norm 1 in the unit gauge."""
        if self.gauge == "free":
            return self.raw_eigenvectors
        if self.columns.blocks is None:
            return unit_columns(self.raw_eigenvectors)
        return unit_blocks(self.raw_eigenvectors, self.columns.blocks, self.eigenvalues.numel())

    @property
    def weight_matrix(self) -> Float[Tensor, "n_out n_columns"]:
        """The dense weight of the kept inputs, or of their columns."""
        if self._is_weight_trained:
            return self.raw_eigenvectors
        return spectral_weight(self.per_column(self.eigenvalues), self.eigenvectors, self.output_eigenvalues)

    @property
    def input_eigenvalues(self) -> Float[Tensor, " n_kept"]:
        """The eigenvalue of every kept input, that of its group if it has one."""
        return self.per_column(self.eigenvalues)[: self.n_kept]

    @property
    def mask(self) -> Bool[Tensor, " n_features"]:
        """Which of all inputs are kept."""
        return self.dropped_at < 0

    def relevance(
        self, input_scale: Float[Tensor, "*n_functions n_features"] | None = None
    ) -> Float[Tensor, " n_features"]:
        """Score all inputs by the norm of their weight column, or block of columns; 0 for dropped ones.

        The members of a group all score the root mean square of theirs, so that noise in many columns stands no higher
        than noise in one.

        Args:
            input_scale: the standard deviation of every input, to measure its effect on the layer; with a basis
                that of every column, shape (n_functions, in_features).

        Returns:
            The relevance, shape (in_features,).
        """
        return self._over_blocks(self._column_norms(), input_scale)

    def ranking(
        self, input_scale: Float[Tensor, "*n_functions n_features"] | None = None
    ) -> Int[Tensor, " n_features"]:
        """Order all inputs: the kept ones by relevance, then the dropped ones, the last dropped first.

        Args:
            input_scale: the standard deviation of every input or column, as for `relevance`.

        Returns:
            The indices of the inputs, most relevant first.
        """
        norms = torch.where(self.mask, self._column_norms(), self.relevance_at_drop)
        return ranking(self._over_blocks(norms, input_scale), self.dropped_at, self.columns.groups)

    def over_all_inputs(self, values: Float[Tensor, "*rows n_kept"]) -> Float[Tensor, "*rows n_features"]:
        """Spread values of the kept inputs over all inputs, 0 for dropped ones.

        Args:
            values: one value per kept input along the last axis.

        Returns:
            The values along all inputs.
        """
        return values if self.columns.kept is None else scatter(values, self.mask)

    @torch.no_grad()
    def drop(self, dropped: Bool[Tensor, " n_features"], step: int = 0) -> Survivors:
        """Remove inputs and their parameters from the layer for good.

        `eigenvalues` and `raw_eigenvectors` become new parameters, of which an optimizer has to be told.

        Args:
            dropped: True for every input to remove, over all inputs; those gone before may be True.
            step: the training step, remembered in `dropped_at`.

        Returns:
            The positions, among those before, of the eigenvalues and columns that are left.

        Raises:
            ValueError: if no input would be left, or only some of a group.
        """
        leaving = dropped.to(self.dropped_at.device) & self.mask
        columns, left = self.columns.drop(leaving | ~self.mask)
        self.relevance_at_drop[..., leaving] = self._column_norms()[..., leaving]
        self.dropped_at[leaving] = step
        self.eigenvalues = nn.Parameter(self.eigenvalues[left.eigenvalues], self.eigenvalues.requires_grad)
        self.raw_eigenvectors = nn.Parameter(
            self.raw_eigenvectors[:, left.columns], self.raw_eigenvectors.requires_grad
        )
        self.columns = columns
        return left

    def per_column(self, values: Shaped[Tensor, " n_eigenvalues"]) -> Shaped[Tensor, " n_columns"]:
        """Repeat values of the eigenvalues for all columns that share one.

        Args:
            values: one per eigenvalue.

        Returns:
            One per column.
        """
        return values if self.columns.blocks is None else values.index_select(0, self.columns.blocks)

    def per_eigenvalue(self, values: Float[Tensor, " n_columns"]) -> Float[Tensor, " n_eigenvalues"]:
        """Add up values of the columns that share an eigenvalue.

        Args:
            values: one per column.

        Returns:
            One per eigenvalue.
        """
        return block_sums(values, self.columns.blocks, self.eigenvalues.numel())

    def weigh(self, sizes: Float[Tensor, " n_eigenvalues"]) -> Float[Tensor, " n_eigenvalues"]:
        """Count what a penalty makes of every eigenvalue as often as the group lasso does.

        An eigenvalue of p inputs counts sqrt(p) times, for noise in many columns fits more by chance than in one;
        one of inputs that are always kept does not count. Source: Yuan and Lin, J. R. Stat. Soc. B 68, 49 (2006).

        Args:
            sizes: of the eigenvalues, or of their blocks.

        Returns:
            The sizes times their weights; what a penalty sums.
        """
        weights = self.columns.penalty_weights
        return sizes if weights is None else sizes * weights

    def _column_norms(self) -> Float[Tensor, "*n_functions n_features"]:
        norms = relevance(self.weight_matrix.detach())
        return self.over_all_inputs(norms.reshape(*self.relevance_at_drop.shape[:-1], -1))

    def _over_blocks(
        self, norms: Float[Tensor, "*n_functions n_features"], input_scale: Tensor | None
    ) -> Float[Tensor, " n_features"]:
        """The norm of every input's block, from those of its columns; of a group, the root mean square over members."""
        norms = norms if input_scale is None else norms * input_scale
        if norms.dim() > 1:
            norms = torch.linalg.vector_norm(norms, dim=0)
        groups, sizes = self.columns.groups, self.columns.group_sizes
        if groups is None or sizes is None:
            return norms
        return (block_norms(norms[None], groups, self.columns.n_groups) / sizes.sqrt())[groups]

    def _apply(self, fn: Any, recurse: bool = True) -> Self:
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        self.columns = self.columns.to(self.dropped_at.device)
        return self

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        if self.columns.kept is not None:
            for name, mask in self.columns.masks(self.mask).items():
                destination[prefix + name] = scatter(destination[prefix + name], mask)

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        dropped_at = state_dict.get(prefix + "dropped_at")
        if dropped_at is not None and dropped_at.shape == self.dropped_at.shape:
            mask = dropped_at < 0
            if bool((mask.to(self.dropped_at.device) & ~self.mask).any()):
                error_msgs.append(f"{prefix}dropped_at keeps inputs that this layer has dropped; load into a new layer")
                return
            if not bool(mask.all()):
                self.drop(~mask)
                state_dict = dict(state_dict)
                for name, mask_of_name in self.columns.masks(mask).items():
                    state_dict[prefix + name] = state_dict[prefix + name][..., mask_of_name]
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )

    def extra_repr(self) -> str:
        """Describe the layer for printing.

        Returns:
            Its sizes and gauge.
        """
        return f"in_features={self.in_features}, gauge={self.gauge!r}, n_kept={self.n_kept}"
