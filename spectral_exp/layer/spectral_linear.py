"""A linear layer in spectral form."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor, nn
from typing_extensions import Self

from spectral_exp.functional.blocks import block_norms
from spectral_exp.functional.mask import scatter
from spectral_exp.functional.relevance import ranking, relevance
from spectral_exp.functional.sparse import linear, take_columns
from spectral_exp.functional.spectral import spectral_linear, spectral_weight, unit_blocks, unit_columns
from spectral_exp.layer.basis import Basis
from spectral_exp.layer.basis_function.basis_function import BasisFunction
from spectral_exp.layer.columns import Columns, Survivors

Gauge = Literal["free", "unit"]


class SpectralLinear(nn.Module):
    r"""Apply y = x W^T + b with W_ij = (lambda_j - lambda_out_i) phi_ij; a drop-in for `nn.Linear`.

    Source: Chicchi et al., Communications Physics (2026), doi 10.1038/s42005-026-02614-7.

    The scale of a column can move between lambda_j and phi_:j without changing the network. The
    gauge says what becomes of it: `free` leaves it to the optimizer, as in the paper; `unit` keeps
    every column of phi at norm 1, so that |lambda_j| is the relevance of input j.

    A new layer computes exactly what `nn.Linear` would under the same random seed. Inputs can be
    dropped for good (`drop`): their parameters leave the layer, which then takes rows of all inputs
    or of the kept ones alone; the state dict always speaks of all inputs.

    Several columns may share one eigenvalue, which then speaks of them all: the functions of one input
    (`basis`), the inputs of a group (`share_eigenvalues`), or both. Their relevance is the norm of the whole
    block of columns, and in the unit gauge it is that block which has norm 1. With p functions and n_kept
    inputs there are n_columns = p n_kept columns, function by function.

    Args:
        in_features: number of inputs, n_features.
        out_features: number of outputs.
        bias: learn an additive bias.
        gauge: how the scale shared by eigenvalue and eigenvector is fixed.
        train_output_eigenvalues: learn lambda_out; otherwise it is 0.
        device: where the parameters live.
        dtype: their type.
        basis: the functions of every input that the layer is linear in; none for the inputs themselves.

    Shape:
        Input (*, in_features) or (*, n_kept), dense or rows in the CSR layout; output (*, out_features).

    Attributes:
        eigenvalues: lambda of the kept inputs, shape (n_kept,), or of the kept groups.
        output_eigenvalues: lambda_out, shape (out_features,), or None if it is 0.
        bias: shape (out_features,), or None.
        dropped_at: the step at which each input was dropped, -1 for kept ones, shape (in_features,).
        relevance_at_drop: the norm each column had then, 0 for kept ones, shape (in_features,), or
            (n_functions, in_features) with a basis.
        basis: the functions of every input, or None.
        columns: which input and which eigenvalue every column belongs to.

    Raises:
        ValueError: if a size is below 1 or the gauge is unknown.

    Example:
        >>> layer = SpectralLinear(3, 2)
        >>> layer(torch.zeros(5, 3)).shape
        torch.Size([5, 2])
    """

    dropped_at: Tensor
    relevance_at_drop: Tensor

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        gauge: Gauge = "free",
        train_output_eigenvalues: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        basis: Sequence[BasisFunction] = (),
    ) -> None:
        super().__init__()
        if in_features < 1 or out_features < 1:
            raise ValueError(f"in_features and out_features must be >= 1, got {in_features} and {out_features}")
        if gauge not in ("free", "unit"):
            raise ValueError(f"gauge must be 'free' or 'unit', got {gauge!r}")
        self.in_features = in_features
        self.out_features = out_features
        self.gauge: Gauge = gauge
        factory: dict[str, Any] = {"device": device, "dtype": dtype}
        self.basis = Basis(basis, in_features, **factory) if basis else None
        self.columns = Columns(in_features, n_functions=max(len(basis), 1))
        self.eigenvalues = nn.Parameter(torch.empty(in_features, **factory))
        # In the unit gauge only the direction of each column, or block of columns, counts.
        self.raw_eigenvectors = nn.Parameter(
            torch.empty(out_features, self.columns.n_functions * in_features, **factory)
        )
        self.output_eigenvalues = (
            nn.Parameter(torch.zeros(out_features, **factory)) if train_output_eigenvalues else None
        )
        self.bias = nn.Parameter(torch.empty(out_features, **factory)) if bias else None
        self.register_buffer("dropped_at", torch.full((in_features,), -1, device=device))
        self.columns = self.columns.to(self.dropped_at.device)
        per_column = (self.columns.n_functions, in_features) if basis else (in_features,)
        self.register_buffer("relevance_at_drop", torch.zeros(per_column, **factory))
        self._is_weight_trained = False
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new parameters as `nn.Linear` does, in the same order of random numbers.

        Raises:
            RuntimeError: if inputs were dropped.
        """
        plain = nn.Linear(
            self.columns.n_functions * self.in_features,
            self.out_features,
            bias=self.bias is not None,
            device=self.eigenvalues.device,
            dtype=self.eigenvalues.dtype,
        )
        self.set_weight(plain.weight, plain.bias)

    @torch.no_grad()
    def set_weight(self, weight: Float[Tensor, "n_out n_in"], bias: Float[Tensor, " n_out"] | None = None) -> None:
        """Take over a dense weight: eigenvalues 1 in the free gauge, the norms of columns or blocks in the unit gauge.

        Args:
            weight: the dense weight over all inputs, or the columns of all.
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
        self.set_weight(self.weight)
        self.eigenvalues.requires_grad_(False)
        self._is_weight_trained = True

    @classmethod
    def from_linear(
        cls,
        linear: nn.Linear,
        gauge: Gauge = "free",
        train_output_eigenvalues: bool = False,
        basis: Sequence[BasisFunction] = (),
    ) -> Self:
        """Build the spectral form of a plain layer, with the same outputs.

        Args:
            linear: the layer to convert; it is not changed, and no random number is drawn. With a basis it
                takes the columns of all inputs, function by function.
            gauge: the gauge of the new layer.
            train_output_eigenvalues: learn lambda_out.
            basis: the functions of every input that the layer is linear in.

        Returns:
            A new layer on the same device and of the same type.

        Raises:
            ValueError: if the number of columns is no multiple of the number of functions.
        """
        n_functions = max(len(basis), 1)
        if linear.in_features % n_functions:
            raise ValueError(f"linear must take {n_functions} columns of every input, got {linear.in_features} in all")
        device = linear.weight.device
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            layer = cls(
                linear.in_features // n_functions,
                linear.out_features,
                bias=linear.bias is not None,
                gauge=gauge,
                train_output_eigenvalues=train_output_eigenvalues,
                device=device,
                dtype=linear.weight.dtype,
                basis=basis,
            )
        layer.set_weight(linear.weight, linear.bias)
        return layer

    @torch.no_grad()
    def to_linear(self) -> nn.Linear:
        """Bake the weight into a plain layer over the kept inputs, or their columns `basis(inputs)`.

        Returns:
            A new `nn.Linear` with n_kept, or n_columns, inputs.
        """
        weight = self.weight
        linear = nn.Linear(
            weight.shape[1], self.out_features, bias=self.bias is not None, device=weight.device, dtype=weight.dtype
        )
        linear.weight.copy_(weight)
        if self.bias is not None:
            linear.bias.copy_(self.bias)
        return linear

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
        weight = self.weight
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
    def weight(self) -> Float[Tensor, "n_out n_columns"]:
        """The dense weight of the kept inputs, or of their columns."""
        return spectral_weight(self.per_column(self.eigenvalues), self.eigenvectors, self.output_eigenvalues)

    @property
    def input_eigenvalues(self) -> Float[Tensor, " n_kept"]:
        """The eigenvalue of every kept input, that of its group if it has one."""
        return self.per_column(self.eigenvalues)[: self.n_kept]

    @property
    def pressed_eigenvalues(self) -> Float[Tensor, " n_eigenvalues"]:
        """The eigenvalues that a penalty is to press: 0 in place of those of inputs that are always kept."""
        return (
            self.eigenvalues
            if self.columns.is_pressed is None
            else torch.where(self.columns.is_pressed, self.eigenvalues, 0.0)
        )

    @property
    def pressed_eigenvectors(self) -> Float[Tensor, "n_out n_columns"]:
        """The eigenvectors that a penalty is to press: 0 in place of those of inputs that are always kept."""
        if self.columns.is_pressed is None:
            return self.eigenvectors
        return torch.where(self.per_column(self.columns.is_pressed), self.eigenvectors, 0.0)

    @property
    def mask(self) -> Bool[Tensor, " n_features"]:
        """Which of all inputs are kept."""
        return self.dropped_at < 0

    def relevance(
        self, input_scale: Float[Tensor, "*n_functions n_features"] | None = None
    ) -> Float[Tensor, " n_features"]:
        """Score all inputs by the norm of their weight column, or block of columns; 0 for dropped ones.

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

    def forward(self, inputs: Float[Tensor, "*rows n_in"]) -> Float[Tensor, "*rows n_out"]:
        """Apply the layer to rows of all inputs or of the kept ones alone.

        Args:
            inputs: rows of inputs.

        Returns:
            Rows of outputs.
        """
        if self.columns.kept is not None and inputs.shape[-1] == self.in_features:
            inputs = take_columns(inputs, self.columns.kept)
        if self.basis is not None:
            inputs = self.basis(inputs, self.columns.kept)
        if self._is_weight_trained:
            return linear(inputs, self.raw_eigenvectors, self.bias)
        if self.output_eigenvalues is not None:
            return linear(inputs, self.weight, self.bias)
        return spectral_linear(
            inputs, self.eigenvalues, self.raw_eigenvectors, self.bias, self.gauge == "unit", self.columns.blocks
        )

    def per_column(self, values: Shaped[Tensor, " n_eigenvalues"]) -> Shaped[Tensor, " n_columns"]:
        """Repeat values of the eigenvalues for all columns that share one.

        Args:
            values: one per eigenvalue.

        Returns:
            One per column.
        """
        return values if self.columns.blocks is None else values.index_select(0, self.columns.blocks)

    def _column_norms(self) -> Float[Tensor, "*n_functions n_features"]:
        norms = relevance(self.weight.detach())
        return self.over_all_inputs(norms if self.basis is None else norms.reshape(self.columns.n_functions, -1))

    def _over_blocks(
        self, norms: Float[Tensor, "*n_functions n_features"], input_scale: Tensor | None
    ) -> Float[Tensor, " n_features"]:
        """The norm of every input's whole block, from those of its columns."""
        norms = norms if input_scale is None else norms * input_scale
        if self.basis is not None:
            norms = torch.linalg.vector_norm(norms, dim=0)
        groups = self.columns.groups
        return norms if groups is None else block_norms(norms[None], groups, self.columns.n_groups)[groups]

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
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}, "
            f"gauge={self.gauge!r}, n_kept={self.n_kept}"
        )
