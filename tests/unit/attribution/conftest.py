"""An easy task with planted inputs, and a small net trained on it."""

import pytest
import torch
from torch import nn

from spectral_exp.dataset.data import Data, Part
from spectral_exp.dataset.info import DatasetInfo

PLANTED = {1: 2.0, 4: -1.5, 6: 1.0}
N_FEATURES = 8


def planted(task: str) -> Data:
    """250 rows of 8 standard normal inputs; a sum of three of them is the target, or its sign is the class."""
    inputs = torch.randn(400, N_FEATURES, generator=torch.Generator().manual_seed(0))
    value = sum(strength * inputs[:, index] for index, strength in PLANTED.items())
    is_class = task == "classification"
    targets = (value > 0).long() if is_class else value / value.std()
    names = tuple(f"x{index}" for index in range(N_FEATURES))
    info = DatasetInfo("planted", task, names, (N_FEATURES,), ("no", "yes") if is_class else ())
    return Data(info, *(Part(inputs[rows], targets[rows]) for rows in (slice(250), slice(250, 325), slice(325, 400))))


def trained(data: Data) -> nn.Sequential:
    """Two hidden layers, trained by a few steps on all rows."""
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Linear(N_FEATURES, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, data.info.n_outputs)
    )
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    for _ in range(100):
        outputs = net(data.train.inputs)
        is_class = data.info.task == "classification"
        loss = nn.functional.cross_entropy if is_class else nn.functional.mse_loss
        optimizer.zero_grad()
        loss(outputs if is_class else outputs.squeeze(1), data.train.targets).backward()
        optimizer.step()
    return net.eval()


@pytest.fixture(scope="session")
def classes():
    return planted("classification")


@pytest.fixture(scope="session")
def values():
    return planted("regression")


@pytest.fixture(scope="session")
def class_net(classes):
    return trained(classes)


@pytest.fixture(scope="session")
def value_net(values):
    return trained(values)
