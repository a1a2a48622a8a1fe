"""Shapley values of a net by shap's GradientExplainer."""

from torch import Tensor, nn

from spectral_exp.attribution.mean_attribution import Explain, MeanAttribution
from spectral_exp.attribution.ranker import check_counts, draw_rows
from spectral_exp.attribution.shap_deep import of_output
from spectral_exp.dataset.data import Data


class ShapGradient(MeanAttribution):
    """Score by the mean over rows of the absolute SHAP value, by expected gradients between a row and training rows.

    shap computes the values of all outputs; the row's own is taken.

    Source: Erion et al., Nature Machine Intelligence 3 (2021), doi 10.1038/s42256-021-00343-w.

    Args:
        n_rows: how many training rows are explained, drawn at random; all if there are fewer.
        rows_at_once: rows that are explained together; bounds the memory.
        n_background: training rows to compare with, drawn at random.
        n_samples: points between a row and the background at which the gradient is taken.

    Raises:
        ValueError: if a number is below 1.
    """

    modules = ("shap",)

    def __init__(
        self, n_rows: int = 200, rows_at_once: int = 100, n_background: int = 100, n_samples: int = 200
    ) -> None:
        super().__init__(n_rows, rows_at_once)
        check_counts(n_background=n_background, n_samples=n_samples)
        self.n_background = n_background
        self.n_samples = n_samples

    def explainer(self, model: nn.Module, data: Data, seed: int) -> Explain:
        import shap

        device = next(model.parameters()).device
        background = draw_rows(data.train, self.n_background, seed + 1).inputs.to(device)
        explainer = shap.GradientExplainer(model, background)

        def explain(inputs: Tensor, output: Tensor) -> Tensor:
            return of_output(explainer.shap_values(inputs, nsamples=self.n_samples), output)

        return explain
