"""The judge: a fixed network, trained anew on the selected inputs alone, that scores a selection."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor, nn
from torch.nn import functional as F

from spectral_exp.dataset.data import Data, Part, in_memory

HIDDEN_FEATURES = 256
LEARNING_RATE = 1e-3
BATCH_SIZE = 256


@dataclass(frozen=True)
class Verdict:
    """What the judge reached with a selection, on the test rows.

    Attributes:
        accuracy: test accuracy after each of the epochs asked for.
        best_accuracy: test accuracy at the epoch with the best validation accuracy.
    """

    accuracy: dict[int, float]
    best_accuracy: float


def judge(
    data: Data,
    features: Int[Tensor, " k"] | Sequence[int],
    n_epochs: int = 100,
    at: Sequence[int] = (20,),
    seed: int = 0,
) -> Verdict:
    """Train Linear(k, 256), ReLU, Linear(256, classes) on some inputs, and test it.

    Adam with learning rate 1e-3, batches of 256: the protocol that the feature selection literature shares, so
    that selections are compared and nothing else.

    Args:
        data: a classification task.
        features: the inputs to keep.
        n_epochs: how long to train.
        at: epochs whose test accuracy is wanted.
        seed: fixes the start and the order of batches.

    Returns:
        The test accuracies.

    Raises:
        ValueError: if the task is no classification.
    """
    if data.info.task != "classification":
        raise ValueError(f"the judge scores classification, and {data.info.name} is a {data.info.task}")
    index = torch.as_tensor(features)
    train, val, test = (in_memory(part, "the judge").keep_features(index) for part in (data.train, data.val, data.test))
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = nn.Sequential(
            nn.Linear(len(index), HIDDEN_FEATURES), nn.ReLU(), nn.Linear(HIDDEN_FEATURES, data.info.n_outputs)
        )
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, fused=True)
    accuracy: dict[int, float] = {}
    best_val, best_test = -1.0, 0.0
    for epoch in range(1, n_epochs + 1):
        for rows in torch.randperm(len(train), generator=generator).split(BATCH_SIZE):  # type: ignore[no-untyped-call]
            optimizer.zero_grad()
            F.cross_entropy(model(train.inputs[rows]), train.targets[rows]).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        on_val = _accuracy(model, val)
        if on_val > best_val:
            best_val, best_test = on_val, _accuracy(model, test)
        if epoch in at:
            accuracy[epoch] = _accuracy(model, test)
    return Verdict(accuracy, best_test)


@torch.no_grad()
def _accuracy(model: nn.Module, part: Part) -> float:
    return (model(part.inputs).argmax(1) == part.targets).float().mean().item()
