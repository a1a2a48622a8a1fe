"""Layer-wise relevance propagation by zennit, with a rule for every kind of layer."""

from typing import Any, Literal, get_args

from torch import Tensor, nn
from torch.nn import functional as F

from spectral_exp.attribution.mean_attribution import Explain, MeanAttribution
from spectral_exp.dataset.data import Data

CompositeName = Literal["epsilon_gamma_box", "epsilon_plus"]


class ZennitLRP(MeanAttribution):
    """Score by the mean over rows of the absolute relevance that reaches an input from its row's output.

    - `epsilon_gamma_box`: z-box on the first layer, made for inputs in a known range (that of the training rows);
      gamma on other convolutions, epsilon on other linear layers.
    - `epsilon_plus`: z-plus on convolutions, epsilon on linear layers.

    zennit's z-box is for a convolution that comes first; here it is for a linear layer too, because without it both
    are the epsilon rule on a perceptron, and that is input times gradient. Composites with a flat first layer are
    left out: a layer that sees all inputs gives all of them the same.

    Source: Anders et al., arXiv 2106.13200 (2021); Montavon et al. (2019), doi 10.1007/978-3-030-28954-6_10.

    Args:
        composite: which rules.
        n_rows: how many training rows are explained, drawn at random; all if there are fewer.
        rows_at_once: rows that are explained together; bounds the memory.

    Raises:
        ValueError: if the composite is unknown, or a number is below 1.
    """

    modules = ("zennit.attribution", "zennit.composites", "zennit.rules")

    def __init__(
        self, composite: CompositeName = "epsilon_gamma_box", n_rows: int = 1000, rows_at_once: int = 100
    ) -> None:
        super().__init__(n_rows, rows_at_once)
        if composite not in get_args(CompositeName):
            raise ValueError(f"composite must be one of {', '.join(get_args(CompositeName))}, got {composite!r}")
        self.composite = composite

    def explainer(self, model: nn.Module, data: Data, seed: int) -> Explain:
        from zennit.attribution import Gradient

        composite = self._rules(data)

        def explain(inputs: Tensor, output: Tensor) -> Tensor:
            def logit_of_row(outputs: Tensor) -> Tensor:
                return outputs * F.one_hot(output, outputs.shape[1])

            with Gradient(model, composite) as attributor:
                relevance: Tensor = attributor(inputs, logit_of_row)[1]
            return relevance

        return explain

    def _rules(self, data: Data) -> Any:
        from zennit.composites import EpsilonGammaBox, EpsilonPlus
        from zennit.rules import ZBox

        if self.composite == "epsilon_plus":
            return EpsilonPlus()
        low, high = data.train.inputs.aminmax(dim=0, keepdim=True)
        return EpsilonGammaBox(low, high, first_map=[(nn.Linear, ZBox(low, high))])
