"""Seed the global generators that libraries draw from, and leave them as they were."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from pytorch_lightning.utilities.seed import isolate_rng


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed Python, NumPy and PyTorch for what runs inside.

    Args:
        seed: from 0 to 2^32 - 1.

    Yields:
        Nothing.
    """
    with isolate_rng():
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002  (shap draws from it)
        torch.manual_seed(seed)
        yield
