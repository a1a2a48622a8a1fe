"""The attribution methods of captum."""

import inspect
import warnings
from collections.abc import Mapping
from typing import Any, Literal, get_args

from torch import Tensor, nn

from spectral_exp.attribution.mean_attribution import Explain, MeanAttribution
from spectral_exp.attribution.ranker import check_counts, draw_rows
from spectral_exp.dataset.data import Data
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.errors import UserError

Method = Literal[
    "Saliency",
    "InputXGradient",
    "IntegratedGradients",
    "DeepLift",
    "LRP",
    "GradientShap",
    "KernelShap",
    "FeatureAblation",
    "FeaturePermutation",
]

# What captum says of its own workings every time.
NEEDLESS_WARNINGS = (
    r".*Setting forward, backward hooks and attributes on non-linear.*",
    r".*You are providing multiple inputs for Lime / Kernel SHAP.*",
)


class Captum(MeanAttribution):
    """Score by the mean over rows of captum's absolute attributions.

    Methods that compare with a baseline compare with an input of 0, captum's default: the mean of standardised inputs,
    the black of images. GradientShap compares with training rows.

    Args:
        method: the name of a class in `captum.attr`.
        options: keywords of its `attribute`, such as `n_steps`.
        n_rows: how many training rows are explained, drawn at random; all if there are fewer.
        rows_at_once: rows that are explained together; bounds the memory.
        n_background: training rows that GradientShap compares with, drawn at random.

    Raises:
        ValueError: if the method is unknown, or a number is below 1.
    """

    modules = ("captum.attr",)

    def __init__(
        self,
        method: Method,
        options: Mapping[str, Any] | None = None,
        n_rows: int = 1000,
        rows_at_once: int = 100,
        n_background: int = 100,
    ) -> None:
        super().__init__(n_rows, rows_at_once)
        if method not in get_args(Method):
            raise ValueError(f"method must be one of {', '.join(get_args(Method))}, got {method!r}")
        check_counts(n_background=n_background)
        self.method = method
        self.options = dict(options or {})
        self.n_background = n_background

    def check(self, info: DatasetInfo) -> None:
        super().check(info)
        import captum.attr

        known = inspect.signature(getattr(captum.attr, self.method).attribute).parameters
        for name in self.options:
            if name not in known:
                raise UserError(f"options.{name}: unknown key; {self.method}.attribute takes {', '.join(known)}")

    def explainer(self, model: nn.Module, data: Data, seed: int) -> Explain:
        import captum.attr

        attribution = getattr(captum.attr, self.method)(model)
        options = dict(self.options)
        if self.method == "Saliency":
            options["abs"] = False  # it is taken of all methods alike
        if self.method == "GradientShap":
            background = draw_rows(data.train, self.n_background, seed + 1).inputs
            options["baselines"] = background.to(next(model.parameters()).device)

        def explain(inputs: Tensor, output: Tensor) -> Tensor:
            with warnings.catch_warnings():
                for message in NEEDLESS_WARNINGS:
                    warnings.filterwarnings("ignore", message)
                attributions: Tensor = attribution.attribute(inputs.requires_grad_(), target=output, **options)
            return attributions

        return explain
