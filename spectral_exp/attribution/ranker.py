"""What every ranker of inputs is: by the rows alone, by a trained net, or by a training of its own."""

import importlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Literal, Protocol

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from spectral_exp.dataset.data import Data, Part
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.dataset.rows import Rows
from spectral_exp.errors import UserError
from spectral_exp.layer.spectral_layer import SpectralLayer

Kind = Literal["data", "model", "training"]


class Train(Protocol):
    """Train a net of the shared architecture, with the shared budget, as a `TrainingRanker` asks for it."""

    def __call__(
        self, overrides: Sequence[str], data: Data, seed: int
    ) -> tuple[SpectralLayer, Float[Tensor, "*n_functions n_features"] | None]:
        """Train, and give what the inputs are ranked by.

        Args:
            overrides: what differs from the shared training, as on the command line of `spectral-train`.
            data: the data set; only its training and validation rows are used.
            seed: fixes the start and the order of batches.

        Returns:
            The trained input layer (a plain one in spectral form), and the standard deviation of its columns that
            enters the relevance, or None.
        """


class Ranker(ABC):
    """Score every input of a data set by how much it matters.

    The scores have no unit that rankers share: only their order is compared. Test rows are never looked at.
    """

    kind: ClassVar[Kind]
    modules: ClassVar[tuple[str, ...]] = ()  # what the work is done by, imported before it starts

    def check(self, info: DatasetInfo) -> None:
        """Refuse what cannot work before any work is done, and import what the ranker is made of.

        Args:
            info: what the inputs and the target are.

        Raises:
            UserError: if a package is missing, or the ranker is not made for such data.
        """
        if info.unit != "value" and self.kind != "training":
            raise UserError(f"{type(self).__name__} ranks the numbers of a row, and an input here is a {info.unit}")
        for module in self.modules:
            try:
                importlib.import_module(module)
            except ImportError as error:
                name = type(self).__name__
                raise UserError(f"{name} needs {module}: pip install 'spectral_exp[compare]' ({error})") from error


class DataRanker(Ranker):
    """Rank by the rows alone: filters, trees, linear models, and nets of other packages."""

    kind = "data"

    @abstractmethod
    def relevance(self, data: Data, seed: int) -> Float[np.ndarray, " n_features"]:
        """Score the inputs.

        Args:
            data: the data set; its training rows are used, and the validation rows to choose by.
            seed: fixes what is random.

        Returns:
            One finite score per input; higher is more relevant.
        """


class ModelRanker(Ranker):
    """Rank by how a trained net answers to its inputs.

    Args:
        n_rows: how many training rows are explained, drawn at random; all if there are fewer.

    Raises:
        ValueError: if n_rows is below 1.
    """

    kind = "model"

    def __init__(self, n_rows: int = 1000) -> None:
        check_counts(n_rows=n_rows)
        self.n_rows = n_rows

    @abstractmethod
    def relevance(self, model: nn.Module, data: Data, seed: int) -> Float[np.ndarray, " n_features"]:
        """Score the inputs.

        Args:
            model: the trained net, in evaluation mode, on the device where it is to run.
            data: the data set that it was trained on.
            seed: fixes which rows are explained, and what else is random.

        Returns:
            One finite score per input; higher is more relevant.
        """


class TrainingRanker(Ranker):
    """Rank by a net that is trained for the purpose."""

    kind = "training"

    @abstractmethod
    def relevance(self, train: Train, data: Data, seed: int) -> Float[np.ndarray, " n_features"]:
        """Score the inputs.

        Args:
            train: trains under the budget that all nets of a comparison share.
            data: the data set.
            seed: of the training.

        Returns:
            One finite score per input; higher is more relevant.
        """


def check_counts(**counts: int) -> None:
    """Refuse numbers of rows, trees or samples below 1.

    Args:
        **counts: value by name.

    Raises:
        ValueError: if one is below 1.
    """
    for name, count in counts.items():
        if count < 1:
            raise ValueError(f"{name} must be at least 1, got {count}")


def draw_rows(part: Rows, n_rows: int, seed: int) -> Part:
    """Draw rows without replacement.

    Args:
        part: the rows.
        n_rows: how many; all rows, in their order, if there are not more.
        seed: fixes which.

    Returns:
        The rows that were drawn.
    """
    if n_rows >= len(part):
        return Part(part.inputs, part.targets)
    drawn = torch.from_numpy(np.random.default_rng(seed).choice(len(part), n_rows, replace=False))
    return Part(part.inputs[drawn], part.targets[drawn])
