"""From attributions of single rows to the relevance of an input."""

from abc import abstractmethod
from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from spectral_exp.attribution.ranker import ModelRanker, check_counts, draw_rows
from spectral_exp.attribution.seeding import seeded
from spectral_exp.dataset.data import Data

Explain = Callable[[Float[Tensor, "n_rows n_features"], Int[Tensor, " n_rows"]], Float[Tensor, "n_rows n_features"]]


class MeanAttribution(ModelRanker):
    """Score by the mean over rows of the absolute attribution to the output that belongs to the row.

    The absolute value comes first: an input that speaks for the class in some rows and against it in others matters.
    The output is the logit of the row's true class, or the one output of a regression.

    Args:
        n_rows: how many training rows are explained, drawn at random; all if there are fewer.
        rows_at_once: rows that are explained together; bounds the memory.

    Raises:
        ValueError: if a number is below 1.
    """

    def __init__(self, n_rows: int = 1000, rows_at_once: int = 100) -> None:
        super().__init__(n_rows)
        check_counts(rows_at_once=rows_at_once)
        self.rows_at_once = rows_at_once

    @abstractmethod
    def explainer(self, model: nn.Module, data: Data, seed: int) -> Explain:
        """Set the method up.

        Args:
            model: the trained net, in evaluation mode.
            data: the data set that it was trained on.
            seed: fixes what is drawn.

        Returns:
            What maps rows, and which output of each is explained, to attributions; all on the model's device.
        """

    def relevance(self, model: nn.Module, data: Data, seed: int) -> Float[np.ndarray, " n_features"]:
        device = next(model.parameters()).device
        rows = draw_rows(data.train, self.n_rows, seed)
        is_class = data.info.task == "classification"
        outputs = rows.targets if is_class else torch.zeros(len(rows), dtype=torch.int64)
        total = torch.zeros(data.info.n_features, dtype=torch.float64, device=device)
        with seeded(seed):
            explain = self.explainer(model, data, seed)
            chunks = (torch.split(tensor, self.rows_at_once) for tensor in (rows.inputs, outputs))
            for inputs, output in zip(*chunks, strict=True):
                total += explain(inputs.to(device), output.to(device)).detach().abs().double().sum(dim=0)
        mean: np.ndarray = (total / len(rows)).cpu().numpy()
        return mean
