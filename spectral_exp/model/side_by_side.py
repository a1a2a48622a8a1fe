"""Several networks side by side, as one chain of layers over the units of all."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn


class BlockLinear(nn.Module):
    """The linear layers of networks side by side: each takes the units of its own network alone.

    Args:
        linears: one for each network, of the same sizes.

    Shape:
        Input (n_rows, n_nets * in_features); output (n_rows, n_nets * out_features).
    """

    def __init__(self, linears: Sequence[nn.Linear]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.stack([linear.weight.detach() for linear in linears]))
        self.bias = nn.Parameter(torch.stack([linear.bias.detach() for linear in linears]))

    def forward(self, inputs: Float[Tensor, "n_rows n_in"]) -> Float[Tensor, "n_rows n_out"]:
        """Run every network's layer.

        Args:
            inputs: rows of the units of all networks.

        Returns:
            Rows of the outputs of all.
        """
        rows = inputs.reshape(len(inputs), len(self.weight), -1).transpose(0, 1)
        outputs = torch.baddbmm(self.bias[:, None], rows, self.weight.transpose(1, 2))
        return outputs.transpose(0, 1).flatten(1)

    def to_linear(self) -> nn.Linear:
        """Make one plain layer of all, which holds zeros between the networks.

        Returns:
            The layer.
        """
        weight: Tensor = torch.block_diag(*self.weight.detach())  # type: ignore[no-untyped-call]
        return _linear(weight, self.bias.detach().flatten())


class MeanOfNets(nn.Module):
    """The end of networks side by side: each by itself while they train, the mean of their outputs afterwards.

    Args:
        n_nets: how many they are.
        n_out: outputs of each.

    Shape:
        Input (n_rows, n_nets * n_out); output (n_nets, n_rows, n_out) in training, else (n_rows, n_out).
    """

    def __init__(self, n_nets: int, n_out: int) -> None:
        super().__init__()
        self.n_nets = n_nets
        self.n_out = n_out

    def forward(self, inputs: Float[Tensor, "n_rows n_in"]) -> Float[Tensor, "*n_nets n_rows n_out"]:
        """Tell the networks' outputs apart, or average them.

        Args:
            inputs: rows of the outputs of all networks.

        Returns:
            The outputs.
        """
        outputs = inputs.reshape(len(inputs), self.n_nets, self.n_out).transpose(0, 1)
        return outputs if self.training else outputs.mean(dim=0)

    def to_linear(self) -> nn.Linear:
        """Make the mean a plain layer.

        Returns:
            The layer.
        """
        return _linear(torch.eye(self.n_out).repeat(1, self.n_nets) / self.n_nets, torch.zeros(self.n_out))


def side_by_side(linears: Sequence[nn.Linear], is_first: bool) -> nn.Module:
    """Join the linear layers that networks have at the same place.

    Args:
        linears: one for each network.
        is_first: all take the same rows.

    Returns:
        One layer for all; a plain one if it is the first, or the only one.
    """
    if len(linears) == 1:
        return linears[0]
    if not is_first:
        return BlockLinear(linears)
    return _linear(*(torch.cat([getattr(one, name).detach() for one in linears]) for name in ("weight", "bias")))


def _linear(weight: Float[Tensor, "n_out n_in"], bias: Float[Tensor, " n_out"]) -> nn.Linear:
    linear = nn.Linear(weight.shape[1], weight.shape[0])
    with torch.no_grad():
        linear.weight.copy_(weight)
        linear.bias.copy_(bias)
    return linear
