"""One ranking, and what it cost: the same clock for every ranker."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import nn

from spectral_exp.attribution.peak_memory import peak_memory
from spectral_exp.attribution.ranker import DataRanker, ModelRanker, Ranker, Train, TrainingRanker
from spectral_exp.dataset.data import Data, Part


@dataclass(frozen=True)
class Attribution:
    """The relevance of every input, and what finding it took.

    Attributes:
        relevance: one finite score per input; higher is more relevant.
        seed: of what was random; it also breaks ties.
        seconds: wall time of the ranking, without training by `train`.
        cpu_seconds: CPU time of the ranking over all threads, without training by `train`.
        training_seconds: wall time of training by `train`; 0 for rankers that do not train so.
        training_cpu_seconds: CPU time of training by `train`.
        peak_memory_bytes: by how much resident memory rose, training included; None where that is not known.
        n_forward_rows: rows that went through the given model for the ranking; 0 without one.
    """

    relevance: Float[np.ndarray, " n_features"]
    seed: int
    seconds: float
    cpu_seconds: float
    training_seconds: float
    training_cpu_seconds: float
    peak_memory_bytes: int | None
    n_forward_rows: int

    @property
    def ranking(self) -> Int[np.ndarray, " n_features"]:
        """The inputs, most relevant first.

        Ties are broken by the seed, not by the order of the inputs: made data sets often have what matters first.
        """
        shuffled = np.random.default_rng(self.seed).permutation(len(self.relevance))
        order: np.ndarray = shuffled[np.argsort(-self.relevance[shuffled], kind="stable")]
        return order


def measure(
    ranker: Ranker,
    data: Data,
    seed: int,
    *,
    model: nn.Module | None = None,
    train: Train | None = None,
) -> Attribution:
    """Let a ranker score the inputs, with one clock for all.

    Args:
        ranker: what ranks.
        data: the data set; a model gets its rows flat.
        seed: fixes what is random.
        model: the trained net, for rankers of the kind `model`.
        train: what trains, for rankers of the kind `training`.

    Returns:
        The relevance and its cost.

    Raises:
        TypeError: if the ranker is of a kind that needs what was not given.
        UserError: if a package is missing, or the ranker is not made for such data.
        ValueError: if it gave something else than one finite score per input.
    """
    ranker.check(data.info)
    forward_rows, training = _ForwardRows(model), _Clocked(train)
    wall, cpu = time.perf_counter(), time.process_time()
    with peak_memory() as memory, forward_rows:
        if isinstance(ranker, DataRanker):
            relevance = ranker.relevance(flat(data), seed)
        elif isinstance(ranker, ModelRanker) and model is not None:
            relevance = ranker.relevance(model.eval(), flat(data), seed)
        elif isinstance(ranker, TrainingRanker) and train is not None:
            relevance = ranker.relevance(training, data, seed)
        else:
            raise TypeError(f"{type(ranker).__name__} is a ranker of the kind {ranker.kind} and was given none")
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Attribution(
        relevance=_checked(relevance, ranker, data),
        seed=seed,
        seconds=wall - training.seconds,
        cpu_seconds=cpu - training.cpu_seconds,
        training_seconds=training.seconds,
        training_cpu_seconds=training.cpu_seconds,
        peak_memory_bytes=memory.n_bytes,
        n_forward_rows=forward_rows.n,
    )


def flat(data: Data) -> Data:
    """Lay the numbers of every row along one axis, as libraries take them.

    Args:
        data: the data set.

    Returns:
        The same rows of shape (n_features,).
    """
    train, val, test = (Part(part.inputs.flatten(1), part.targets) for part in (data.train, data.val, data.test))
    return replace(data, train=train, val=val, test=test)


def _checked(relevance: np.ndarray, ranker: Ranker, data: Data) -> Float[np.ndarray, " n_features"]:
    name, n_features = type(ranker).__name__, data.info.n_features
    relevance = np.asarray(relevance, dtype=np.float64)
    if relevance.shape != (n_features,):
        raise ValueError(f"{name} gave scores of shape {relevance.shape} for {n_features} inputs")
    bad = np.flatnonzero(~np.isfinite(relevance))
    if len(bad):
        first = data.info.feature_names[bad[0]]
        raise ValueError(f"{name} gave NaN or infinite scores to {len(bad)} of {n_features} inputs, first {first}")
    return relevance


class _ForwardRows:
    """Count the rows that go through a model."""

    def __init__(self, model: nn.Module | None) -> None:
        self.model = model
        self.n = 0

    def __enter__(self) -> None:
        self._hook = None if self.model is None else self.model.register_forward_hook(self._count)

    def __exit__(self, *exception: object) -> None:
        if self._hook is not None:
            self._hook.remove()

    def _count(self, model: nn.Module, inputs: tuple[Any, ...], outputs: torch.Tensor) -> None:
        self.n += len(outputs)


@dataclass
class _Clocked:
    """Time every call of `train`."""

    train: Train | None
    seconds: float = field(default=0.0, init=False)
    cpu_seconds: float = field(default=0.0, init=False)

    def __call__(self, overrides: Sequence[str], data: Data, seed: int) -> Any:
        assert self.train is not None
        wall, cpu = time.perf_counter(), time.process_time()
        trained = self.train(overrides, data, seed)
        self.seconds += time.perf_counter() - wall
        self.cpu_seconds += time.process_time() - cpu
        return trained
