"""A linear layer in spectral form."""

from typing import Any, Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F
from typing_extensions import Self

from spectral_exp.functional.mask import scatter
from spectral_exp.functional.relevance import ranking, relevance
from spectral_exp.functional.spectral import spectral_linear, spectral_weight, unit_columns

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

    Args:
        in_features: number of inputs, n_features.
        out_features: number of outputs.
        bias: learn an additive bias.
        gauge: how the scale shared by eigenvalue and eigenvector is fixed.
        train_output_eigenvalues: learn lambda_out; otherwise it is 0.
        device: where the parameters live.
        dtype: their type.

    Shape:
        Input (*, in_features) or (*, n_kept); output (*, out_features).

    Attributes:
        eigenvalues: lambda of the kept inputs, shape (n_kept,).
        output_eigenvalues: lambda_out, shape (out_features,), or None if it is 0.
        bias: shape (out_features,), or None.
        dropped_at: the step at which each input was dropped, -1 for kept ones, shape (in_features,).
        relevance_at_drop: the relevance each input had then, 0 for kept ones, shape (in_features,).

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
        self.eigenvalues = nn.Parameter(torch.empty(in_features, **factory))
        # In the unit gauge only the direction of each column counts.
        self.raw_eigenvectors = nn.Parameter(torch.empty(out_features, in_features, **factory))
        self.output_eigenvalues = (
            nn.Parameter(torch.zeros(out_features, **factory)) if train_output_eigenvalues else None
        )
        self.bias = nn.Parameter(torch.empty(out_features, **factory)) if bias else None
        self.register_buffer("dropped_at", torch.full((in_features,), -1, device=device))
        self.register_buffer("relevance_at_drop", torch.zeros(in_features, **factory))
        self._kept: Tensor | None = None  # indices of the kept inputs; None while all are kept
        self._is_weight_trained = False
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new parameters as `nn.Linear` does, in the same order of random numbers.

        Raises:
            RuntimeError: if inputs were dropped.
        """
        plain = nn.Linear(
            self.in_features,
            self.out_features,
            bias=self.bias is not None,
            device=self.eigenvalues.device,
            dtype=self.eigenvalues.dtype,
        )
        self.set_weight(plain.weight, plain.bias)

    @torch.no_grad()
    def set_weight(self, weight: Float[Tensor, "n_out n_in"], bias: Float[Tensor, " n_out"] | None = None) -> None:
        """Take over a dense weight: eigenvalues 1 in the free gauge, the column norms in the unit gauge.

        Args:
            weight: the dense weight over all inputs.
            bias: the bias; left as it is if None.

        Raises:
            RuntimeError: if inputs were dropped.
        """
        if self._kept is not None:
            raise RuntimeError("cannot set the weight of a layer whose inputs were dropped")
        if self.output_eigenvalues is not None:
            self.output_eigenvalues.zero_()
        self.eigenvalues.copy_(relevance(weight) if self.gauge == "unit" else torch.ones_like(self.eigenvalues))
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
    def from_linear(cls, linear: nn.Linear, gauge: Gauge = "free", train_output_eigenvalues: bool = False) -> Self:
        """Build the spectral form of a plain layer, with the same outputs.

        Args:
            linear: the layer to convert; it is not changed, and no random number is drawn.
            gauge: the gauge of the new layer.
            train_output_eigenvalues: learn lambda_out.

        Returns:
            A new layer on the same device and of the same type.
        """
        device = linear.weight.device
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            layer = cls(
                linear.in_features,
                linear.out_features,
                bias=linear.bias is not None,
                gauge=gauge,
                train_output_eigenvalues=train_output_eigenvalues,
                device=device,
                dtype=linear.weight.dtype,
            )
        layer.set_weight(linear.weight, linear.bias)
        return layer

    @torch.no_grad()
    def to_linear(self) -> nn.Linear:
        """Bake the weight into a plain layer over the kept inputs.

        Returns:
            A new `nn.Linear` with n_kept inputs.
        """
        weight = self.weight
        linear = nn.Linear(
            weight.shape[1], self.out_features, bias=self.bias is not None, device=weight.device, dtype=weight.dtype
        )
        linear.weight.copy_(weight)
        if self.bias is not None:
            linear.bias.copy_(self.bias)
        return linear

    @property
    def eigenvectors(self) -> Float[Tensor, "n_out n_kept"]:
        """The block phi of the kept inputs; columns of norm 1 in the unit gauge."""
        return unit_columns(self.raw_eigenvectors) if self.gauge == "unit" else self.raw_eigenvectors

    @property
    def weight(self) -> Float[Tensor, "n_out n_kept"]:
        """The dense weight of the kept inputs."""
        return spectral_weight(self.eigenvalues, self.eigenvectors, self.output_eigenvalues)

    @property
    def mask(self) -> Bool[Tensor, " n_features"]:
        """Which of all inputs are kept."""
        return self.dropped_at < 0

    def relevance(self, input_scale: Float[Tensor, " n_features"] | None = None) -> Float[Tensor, " n_features"]:
        """Score all inputs by the norm of their weight column; 0 for dropped ones.

        Args:
            input_scale: the standard deviation of every input, to measure its effect on the layer.

        Returns:
            The relevance, shape (in_features,).
        """
        norms = self.over_all_inputs(relevance(self.weight.detach()))
        return norms if input_scale is None else norms * input_scale

    def ranking(self, input_scale: Float[Tensor, " n_features"] | None = None) -> Int[Tensor, " n_features"]:
        """Order all inputs: the kept ones by relevance, then the dropped ones, the last dropped first.

        Args:
            input_scale: the standard deviation of every input, as for `relevance`.

        Returns:
            The indices of the inputs, most relevant first.
        """
        at_drop = self.relevance_at_drop if input_scale is None else self.relevance_at_drop * input_scale
        return ranking(torch.where(self.mask, self.relevance(input_scale), at_drop), self.dropped_at)

    def over_all_inputs(self, values: Float[Tensor, "*rows n_kept"]) -> Float[Tensor, "*rows n_features"]:
        """Spread values of the kept inputs over all inputs, 0 for dropped ones.

        Args:
            values: one value per kept input along the last axis.

        Returns:
            The values along all inputs.
        """
        return values if self._kept is None else scatter(values, self.mask)

    @torch.no_grad()
    def drop(self, dropped: Bool[Tensor, " n_features"], step: int = 0) -> Int[Tensor, " n_kept"]:
        """Remove inputs and their parameters from the layer for good.

        `eigenvalues` and `raw_eigenvectors` become new parameters, of which an optimizer has to be told.

        Args:
            dropped: True for every input to remove, over all inputs; those gone before may be True.
            step: the training step, remembered in `dropped_at`.

        Returns:
            The positions, among the inputs kept before, of those kept now, shape (n_kept,).

        Raises:
            ValueError: if no input would be left.
        """
        leaving = dropped.to(self.dropped_at.device) & self.mask
        kept_before = self.mask.nonzero().squeeze(1)
        survivors = (~leaving[kept_before]).nonzero().squeeze(1)
        if survivors.numel() == 0:
            raise ValueError("cannot drop every input of a layer")
        self.relevance_at_drop[leaving] = self.relevance()[leaving]
        self.dropped_at[leaving] = step
        self.eigenvalues = nn.Parameter(self.eigenvalues[survivors], self.eigenvalues.requires_grad)
        self.raw_eigenvectors = nn.Parameter(self.raw_eigenvectors[:, survivors], self.raw_eigenvectors.requires_grad)
        self._kept = kept_before[survivors] if survivors.numel() < self.in_features else None
        return survivors

    def forward(self, inputs: Float[Tensor, "*rows n_in"]) -> Float[Tensor, "*rows n_out"]:
        """Apply the layer to rows of all inputs or of the kept ones alone.

        Args:
            inputs: rows of inputs.

        Returns:
            Rows of outputs.
        """
        if self._kept is not None and inputs.shape[-1] == self.in_features:
            inputs = inputs.index_select(-1, self._kept)
        if self._is_weight_trained:
            return F.linear(inputs, self.raw_eigenvectors, self.bias)
        if self.output_eigenvalues is not None:
            return F.linear(inputs, self.weight, self.bias)
        return spectral_linear(inputs, self.eigenvalues, self.raw_eigenvectors, self.bias, self.gauge == "unit")

    def _apply(self, fn: Any, recurse: bool = True) -> Self:
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        if self._kept is not None:
            self._kept = self._kept.to(self.dropped_at.device)
        return self

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        if self._kept is not None:
            for name in ("eigenvalues", "raw_eigenvectors"):
                destination[prefix + name] = self.over_all_inputs(destination[prefix + name])

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
                for name in ("eigenvalues", "raw_eigenvectors"):
                    state_dict[prefix + name] = state_dict[prefix + name][..., mask]
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
            f"gauge={self.gauge!r}, n_kept={self.eigenvalues.numel()}"
        )
