"""Small trained-like networks, and what their inputs are."""

import numpy as np
import pytest
import torch
from torch import nn

from spectral_exp.dataset.info import DatasetInfo

N_FEATURES = 9


@pytest.fixture
def info():
    """Describe nine inputs with large offsets, as of years and prices."""

    def info(task="classification", scaled=True):
        random = np.random.default_rng(0)
        return DatasetInfo(
            name="table",
            task=task,
            feature_names=tuple(f"column {index}" for index in range(N_FEATURES)),
            shape=(N_FEATURES,),
            class_names=("a", "b", "c") if task == "classification" else (),
            target_mean=2e5 if task == "regression" else 0.0,
            target_scale=3e3 if task == "regression" else 1.0,
            input_shift=random.normal(1e6, 1e5, N_FEATURES) if scaled else None,
            input_divisor=random.uniform(0.1, 50.0, N_FEATURES) if scaled else None,
        )

    return info


@pytest.fixture
def shaken():
    """Give a network weights and statistics that no start has."""

    def shaken(model: nn.Module) -> nn.Module:
        generator = torch.Generator().manual_seed(1)
        for name, values in [*model.named_parameters(), *model.named_buffers()]:
            if values.is_floating_point() and "relevance_at_drop" not in name:
                noise = torch.rand(values.shape, generator=generator)
                values.data += noise if "running" in name else noise - 0.5
        return model.eval()

    return shaken


@pytest.fixture
def rows():
    """Rows as the networks were trained on."""
    return torch.randn(40, N_FEATURES, generator=torch.Generator().manual_seed(2))


@pytest.fixture
def kept():
    """Five of the nine inputs."""
    mask = np.zeros(N_FEATURES, dtype=bool)
    mask[[0, 2, 3, 6, 8]] = True
    return mask
