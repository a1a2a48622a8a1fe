"""Mixed precision: what spectral layers compute in, whatever autocast asks of the layers behind them."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

LayerT = TypeVar("LayerT", bound=nn.Module)


def in_own_precision(forward: Callable[[LayerT, Tensor], Tensor]) -> Callable[[LayerT, Tensor], Tensor]:
    """Let a layer compute in the precision of its parameters under autocast, and hand on what autocast asks for.

    The gradient of a weight that was multiplied in bfloat16 has eight bits, and inputs of nearly the same relevance
    would change places by them. Only what the layer hands on is rounded.

    Args:
        forward: the layer's method, from inputs to outputs.

    Returns:
        The method for every precision.
    """

    @functools.wraps(forward)
    def wrapped(self: LayerT, inputs: Tensor) -> Tensor:
        device = inputs.device.type
        if not torch.is_autocast_enabled(device):
            return forward(self, inputs)
        own: Any = next(self.parameters()).dtype
        with torch.autocast(device, enabled=False):
            outputs = forward(self, inputs.to(own))
        return outputs.to(torch.get_autocast_dtype(device))

    return wrapped
