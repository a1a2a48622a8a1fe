"""MLPs of a stack in plain batched products: for nets this small the bookkeeping of vmap is a fifth of a step."""

from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from spectral_exp.functional.spectral import unit_columns
from spectral_exp.functional.stacked import stacked_linear
from spectral_exp.layer.precision import in_own_precision
from spectral_exp.layer.spectral_linear import SpectralLinear
from spectral_exp.members.dropout import GivenDropout
from spectral_exp.model.dense_mlp import DenseMLP
from spectral_exp.model.hidden_layers import ACTIVATIONS
from spectral_exp.model.spectral_mlp import SpectralMLP

# Work on every number by itself, or on masks that have the networks' axis too.
ELEMENTWISE = (GivenDropout, *(type(make()) for make in ACTIVATIONS.values()))


class Chain(nn.Module):
    """The layers of an MLP for all networks of a stack at once; every parameter has the networks on its first axis.

    Args:
        model: the network of one, of those that `is_chain` knows; its parameters keep their names.

    Shape:
        Input (n_nets, n_rows, *shape), or (n_rows, *shape) for all; output (n_nets, n_rows, n_out).
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.input_dropout = getattr(model, "input_dropout", nn.Identity())
        self.layers = cast(nn.Sequential, model.layers)
        for place, layer in enumerate(self.layers):
            # On the meta device, where no random number is drawn: the parameters come with every call.
            if isinstance(layer, SpectralLinear):
                stacked = _StackedSpectralLinear(
                    layer.in_features, layer.out_features, layer.bias is not None, layer.gauge, device="meta"
                )
                stacked.columns = layer.columns
                self.layers[place] = stacked
            elif isinstance(layer, nn.Linear):
                self.layers[place] = _StackedLinear(layer.in_features, layer.out_features, device="meta")
            elif isinstance(layer, nn.BatchNorm1d):
                self.layers[place] = _StackedBatchNorm(layer.num_features, layer.eps, layer.momentum, device="meta")
        for module in self.modules():
            if isinstance(module, GivenDropout):
                module.first_axis = -1

    @property
    def input_layer(self) -> nn.Module:
        """The layer whose columns belong to the inputs."""
        return self.layers[0]

    def forward(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "n_nets n_rows n_out"]:
        """Compute the outputs of all networks.

        Args:
            inputs: rows of theirs, or the same for all.

        Returns:
            Their outputs.
        """
        outputs: Tensor = self.layers(self.input_dropout(inputs))
        return outputs


def is_chain(model: nn.Module) -> bool:
    """Tell whether a network can be a `Chain`.

    Args:
        model: the network, its dropouts given.

    Returns:
        False for all but MLPs, and for first layers of several functions, of groups or with output eigenvalues.
    """
    return isinstance(model, SpectralMLP | DenseMLP) and all(map(_is_known, model.layers))


def _is_known(layer: nn.Module) -> bool:
    if isinstance(layer, SpectralLinear):
        return layer.basis is None and layer.columns.blocks is None and layer.output_eigenvalues is None
    return type(layer) in (nn.Linear, nn.BatchNorm1d, *ELEMENTWISE)


class _StackedSpectralLinear(SpectralLinear):
    @in_own_precision
    def forward(self, inputs: Tensor) -> Tensor:
        vectors = unit_columns(self.raw_eigenvectors) if self.gauge == "unit" else self.raw_eigenvectors
        return stacked_linear(inputs, self.eigenvalues, vectors, self.bias)


class _StackedLinear(nn.Linear):
    def forward(self, inputs: Tensor) -> Tensor:
        inputs = inputs.expand(len(self.weight), *inputs.shape[-2:])
        return torch.baddbmm(self.bias.unsqueeze(1), inputs, self.weight.transpose(1, 2))


class _StackedBatchNorm(nn.BatchNorm1d):
    def forward(self, inputs: Tensor) -> Tensor:
        n_nets, n_rows, width = inputs.shape
        if self.training:
            cast(Tensor, self.num_batches_tracked).add_(1)
        outputs = F.batch_norm(
            inputs.transpose(0, 1).reshape(n_rows, -1),
            cast(Tensor, self.running_mean).flatten(),
            cast(Tensor, self.running_var).flatten(),
            self.weight.flatten(),
            self.bias.flatten(),
            self.training,
            cast(float, self.momentum),
            self.eps,
        )
        return outputs.reshape(n_rows, n_nets, width).transpose(0, 1)
