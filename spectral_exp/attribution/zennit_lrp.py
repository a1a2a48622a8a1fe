"""Layer-wise relevance propagation by zennit."""

from typing import Any, Literal, get_args

from torch import Tensor, nn
from torch.nn import functional as F

from spectral_exp.attribution.mean_attribution import Explain, MeanAttribution
from spectral_exp.dataset.data import Data

Rule = Literal["alpha2_beta1", "gamma", "z_box"]


class ZennitLRP(MeanAttribution):
    """Score by the mean over rows of the absolute relevance that reaches an input from its row's output.

    The rules are those of linear layers and convolutions:

    - `alpha2_beta1`: positive contributions count twice, negative ones once;
    - `gamma`: positive weights are raised by a quarter;
    - `z_box`: the first layer's inputs are measured against the range that they have over the training rows, and all
      other layers have the epsilon rule.

    zennit's own composites are for convolutional nets: on perceptrons they are the epsilon rule, which on ReLU is
    input times gradient (Ancona et al., ICLR 2018), or have a flat first layer, which gives all inputs the same.

    Source: Anders et al., arXiv 2106.13200 (2021); Montavon et al. (2019), doi 10.1007/978-3-030-28954-6_10.

    Args:
        rule: how relevance goes back through a layer.
        n_rows: how many training rows are explained, drawn at random; all if there are fewer.
        rows_at_once: rows that are explained together; bounds the memory.

    Raises:
        ValueError: if the rule is unknown, or a number is below 1.
    """

    modules = ("zennit.attribution", "zennit.composites", "zennit.rules")

    def __init__(self, rule: Rule = "alpha2_beta1", n_rows: int = 1000, rows_at_once: int = 100) -> None:
        super().__init__(n_rows, rows_at_once)
        if rule not in get_args(Rule):
            raise ValueError(f"rule must be one of {', '.join(get_args(Rule))}, got {rule!r}")
        self.rule = rule

    def explainer(self, model: nn.Module, data: Data, seed: int) -> Explain:
        from zennit.attribution import Gradient

        composite = self._composite(data)

        def explain(inputs: Tensor, output: Tensor) -> Tensor:
            def logit_of_row(outputs: Tensor) -> Tensor:
                return outputs * F.one_hot(output, outputs.shape[1])

            with Gradient(model, composite) as attributor:
                relevance: Tensor = attributor(inputs, logit_of_row)[1]
            return relevance

        return explain

    def _composite(self, data: Data) -> Any:
        from zennit.composites import LayerMapComposite, SpecialFirstLayerMapComposite, layer_map_base
        from zennit.rules import AlphaBeta, Epsilon, Gamma, ZBox
        from zennit.types import Linear

        if self.rule == "z_box":
            box = ZBox(*data.train.inputs.aminmax(dim=0, keepdim=True))
            return SpecialFirstLayerMapComposite([*layer_map_base(), (Linear, Epsilon())], [(Linear, box)])
        rule = AlphaBeta(alpha=2, beta=1) if self.rule == "alpha2_beta1" else Gamma(gamma=0.25)
        return LayerMapComposite([*layer_map_base(), (Linear, rule)])
