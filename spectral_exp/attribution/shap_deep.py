"""Shapley values of a net by shap's DeepExplainer."""

import numpy as np
import torch
from torch import Tensor, nn

from spectral_exp.attribution.mean_attribution import Explain, MeanAttribution
from spectral_exp.attribution.ranker import check_counts, draw_rows
from spectral_exp.dataset.data import Data


class ShapDeep(MeanAttribution):
    """Score by the mean over rows of the absolute SHAP value, by the rules of DeepLIFT against training rows.

    shap computes the values of all outputs; the row's own is taken. Layers that it has no rule for make it fail.

    Source: Lundberg & Lee, NeurIPS 2017; Shrikumar et al., ICML 2017.

    Args:
        n_rows: how many training rows are explained, drawn at random; all if there are fewer.
        rows_at_once: rows that are explained together; bounds the memory.
        n_background: training rows to compare with, drawn at random.

    Raises:
        ValueError: if a number is below 1.
    """

    modules = ("shap",)

    def __init__(self, n_rows: int = 200, rows_at_once: int = 100, n_background: int = 100) -> None:
        super().__init__(n_rows, rows_at_once)
        check_counts(n_background=n_background)
        self.n_background = n_background

    def explainer(self, model: nn.Module, data: Data, seed: int) -> Explain:
        import shap

        device = next(model.parameters()).device
        background = draw_rows(data.train, self.n_background, seed + 1).inputs.to(device)
        explainer = shap.DeepExplainer(model, background)

        def explain(inputs: Tensor, output: Tensor) -> Tensor:
            return of_output(explainer.shap_values(inputs), output)

        return explain


def of_output(values: np.ndarray, output: Tensor) -> Tensor:
    """Pick every row's own output from SHAP values of all outputs.

    Args:
        values: shape (n_rows, n_features, n_outputs).
        output: the output of every row, shape (n_rows,).

    Returns:
        The values of that output, shape (n_rows, n_features), on its device.
    """
    rows = np.arange(len(values))
    return torch.from_numpy(values[rows, :, output.cpu().numpy()]).to(output.device)
