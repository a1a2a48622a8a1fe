"""The judge: a fixed network, trained anew on the selected inputs alone, that scores a selection."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Int
from torch import Tensor, nn
from torch.nn import functional as F

from spectral_exp.dataset.data import Data, Part
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.evaluation.score import score_outputs

HIDDEN_FEATURES = 256
LEARNING_RATE = 1e-3
BATCH_SIZE = 256

JudgeMetric = Literal["accuracy", "mae"]


@dataclass(frozen=True)
class Verdict:
    """What the judge reached with a selection, on the test rows.

    Attributes:
        metric: `accuracy`, or for regression `mae`, the mean absolute error in the units of the target.
        score: test score after each of the epochs asked for.
        best_score: test score at the epoch with the best validation score.
    """

    metric: JudgeMetric
    score: dict[int, float]
    best_score: float


def judge(
    data: Data,
    features: Int[Tensor, " k"] | Sequence[int],
    n_epochs: int = 100,
    at: Sequence[int] = (20,),
    seed: int = 0,
) -> Verdict:
    """Train Linear(k, 256), ReLU, Linear(256, n_outputs) on some inputs, and test it.

    Adam with learning rate 1e-3, batches of 256: the protocol that the feature selection literature shares, so
    that selections are compared and nothing else. The loss is the cross entropy, or for regression the squared error.

    Args:
        data: what the inputs are selected for.
        features: the inputs to keep.
        n_epochs: how long to train.
        at: epochs whose test score is wanted.
        seed: fixes the start and the order of batches.

    Returns:
        The test scores.
    """
    index = torch.as_tensor(features)
    train, val, test = (Part(part.inputs[:, index], part.targets) for part in (data.train, data.val, data.test))
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = nn.Sequential(
            nn.Linear(len(index), HIDDEN_FEATURES), nn.ReLU(), nn.Linear(HIDDEN_FEATURES, data.info.n_outputs)
        )
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, fused=True)
    is_class = data.info.task == "classification"
    score: dict[int, float] = {}
    best_val, best_test = -float("inf"), 0.0
    for epoch in range(1, n_epochs + 1):
        for rows in torch.randperm(len(train), generator=generator).split(BATCH_SIZE):  # type: ignore[no-untyped-call]
            optimizer.zero_grad()
            outputs, targets = model(train.inputs[rows]), train.targets[rows]
            loss = F.cross_entropy(outputs, targets) if is_class else F.mse_loss(outputs.squeeze(1), targets)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        on_val = _score(model, val, data.info) * (1 if is_class else -1)
        if on_val > best_val:
            best_val, best_test = on_val, _score(model, test, data.info)
        if epoch in at:
            score[epoch] = _score(model, test, data.info)
    return Verdict("accuracy" if is_class else "mae", score, best_test)


@torch.no_grad()
def _score(model: nn.Module, part: Part, info: DatasetInfo) -> float:
    return score_outputs(model(part.inputs), part.targets, info)
