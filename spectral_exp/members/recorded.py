"""What a GPU does step by step alike, recorded once and started at once: small nets would wait for Python otherwise."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

CALLS_BEFORE_RECORDING = 10  # a recording costs as much as a hundred steps of a small net


class Recorded:
    """Calls of functions of tensors, from the eleventh on tensors of the same shapes as a CUDA graph.

    Elsewhere than on a GPU, and for other shapes, a call is what it always is. A graph goes on reading and writing the
    tensors that a function finds beside its arguments, so these must stay where they are.
    """

    def __init__(self) -> None:
        self._n_calls: dict[object, int] = {}
        self._graph: torch.cuda.CUDAGraph | None = None
        self._key: object = None
        self._arguments: list[Tensor] = []
        self._results: list[Tensor] = []

    def __call__(self, compute: Callable[..., list[Tensor]], arguments: Sequence[Tensor]) -> list[Tensor]:
        """Compute, from a recording if there is one.

        Args:
            compute: what to do; it must not ask for the value of a tensor.
            arguments: its arguments, on one device.

        Returns:
            Its results; they hold until the next call.
        """
        if arguments[0].device.type != "cuda":
            return compute(*arguments)
        key = tuple((one.shape, one.stride()) for one in arguments)
        self._n_calls[key] = self._n_calls.get(key, 0) + 1
        if self._graph is None and self._n_calls[key] > CALLS_BEFORE_RECORDING:
            self._record(compute, arguments)
            self._key = key
        if self._graph is None or key != self._key:
            return compute(*arguments)
        for held, argument in zip(self._arguments, arguments, strict=True):
            held.copy_(argument)
        self._graph.replay()
        return self._results

    def _record(self, compute: Callable[..., list[Tensor]], arguments: Sequence[Tensor]) -> None:
        self._arguments = [one.clone() for one in arguments]
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._results = compute(*self._arguments)
