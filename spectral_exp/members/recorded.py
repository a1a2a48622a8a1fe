"""What a GPU does step by step alike, recorded once and started at once: small nets would wait for Python otherwise."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

log = logging.getLogger(__name__)

CALLS_BEFORE_RECORDING = 10  # a recording costs as much as a hundred steps of a small net


class Recorded:
    """Calls of functions of tensors, from the eleventh on tensors of the same shapes as a CUDA graph.

    Elsewhere than on a GPU, and for other shapes, a call is what it always is. A graph goes on reading and writing the
    tensors that a function finds beside its arguments, so these must stay where they are.
    """

    def __init__(self) -> None:
        self._n_calls: Counter[object] = Counter()
        self._recording: _Recording | None = None
        self._key: object = None
        self._cannot = False

    def __call__(self, compute: Callable[..., list[Tensor]], arguments: Sequence[Tensor]) -> list[Tensor]:
        """Compute, from a recording if there is one.

        Args:
            compute: what to do; one that asks for the value of a tensor is never recorded.
            arguments: its arguments, on one device.

        Returns:
            Its results; they hold until the next call.
        """
        if self._cannot or arguments[0].device.type != "cuda":
            return compute(*arguments)
        key = tuple((one.shape, one.stride()) for one in arguments)
        self._n_calls[key] += 1
        if self._recording is None and self._n_calls[key] > CALLS_BEFORE_RECORDING:
            try:
                self._recording, self._key = _Recording(compute, arguments), key
            except RuntimeError as error:
                log.info(f"steps cannot be recorded as a CUDA graph: {error}")
                self._cannot = True
        if self._recording is None or key != self._key:
            return compute(*arguments)
        return self._recording.replay(arguments)


class _Recording:
    def __init__(self, compute: Callable[..., list[Tensor]], arguments: Sequence[Tensor]) -> None:
        self._arguments = [one.clone() for one in arguments]
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._results = compute(*self._arguments)

    def replay(self, arguments: Sequence[Tensor]) -> list[Tensor]:
        for held, argument in zip(self._arguments, arguments, strict=True):
            held.copy_(argument)
        self._graph.replay()
        return self._results
