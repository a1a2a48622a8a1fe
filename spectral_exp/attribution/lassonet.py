"""LassoNet, by its authors' package."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from spectral_exp.attribution.ranker import DataRanker, check_counts
from spectral_exp.attribution.seeding import seeded
from spectral_exp.dataset.data import Data


class LassoNet(DataRanker):
    """Score by the penalty at which an input leaves on LassoNet's path; those that leave at once tie.

    The net is dense first, and the penalty grows until no input is left; validation rows stop each stage early. The
    package's own defaults (whole-batch steps, a path multiplier of 1.02, 1000 and 100 epochs) take very long on images.

    Source: Lemhadri et al., JMLR 22 (2021), https://jmlr.org/papers/v22/20-848.html.

    Args:
        hidden_features: width of every hidden layer.
        batch_size: rows per step; None for all.
        first_strength: of the penalty; None lets the package search for it, which takes a while.
        path_multiplier: by what the penalty grows from stage to stage.
        hierarchy: how far a first-layer weight may exceed the input's skip weight, `M` in the paper.
        n_epochs: of each stage of the path at most.
        n_dense_epochs: of the training before it at most.
        patience: epochs without improvement after which a stage ends.
        dense_patience: epochs without improvement after which the training before it ends.

    Raises:
        ValueError: if a value is out of range.
    """

    modules = ("lassonet",)

    def __init__(
        self,
        hidden_features: Sequence[int],
        batch_size: int | None = 256,
        first_strength: float | None = None,
        path_multiplier: float = 1.06,
        hierarchy: float = 10.0,
        n_epochs: int = 100,
        n_dense_epochs: int = 1000,
        patience: int = 10,
        dense_patience: int = 100,
    ) -> None:
        check_counts(
            batch_size=1 if batch_size is None else batch_size,
            n_epochs=n_epochs,
            n_dense_epochs=n_dense_epochs,
            patience=patience,
            dense_patience=dense_patience,
            **{f"hidden_features[{index}]": width for index, width in enumerate(hidden_features)},
        )
        if not hidden_features:
            raise ValueError("hidden_features must name at least one layer")
        if first_strength is not None and not first_strength > 0:
            raise ValueError(f"first_strength must be > 0, got {first_strength}")
        if not path_multiplier > 1:
            raise ValueError(f"path_multiplier must be > 1, got {path_multiplier}")
        self.hidden_features = tuple(hidden_features)
        self.batch_size = batch_size
        self.first_strength = first_strength
        self.path_multiplier = path_multiplier
        self.hierarchy = hierarchy
        self.n_epochs = n_epochs
        self.n_dense_epochs = n_dense_epochs
        self.patience = patience
        self.dense_patience = dense_patience

    def relevance(self, data: Data, seed: int) -> Float[np.ndarray, " n_features"]:
        from lassonet import LassoNetClassifier, LassoNetRegressor

        kind = LassoNetClassifier if data.info.task == "classification" else LassoNetRegressor
        net = kind(
            hidden_dims=self.hidden_features,
            batch_size=self.batch_size,
            lambda_start="auto" if self.first_strength is None else self.first_strength,
            path_multiplier=self.path_multiplier,
            M=self.hierarchy,
            n_iters=(self.n_dense_epochs, self.n_epochs),
            patience=(self.dense_patience, self.patience),
            torch_seed=seed,
            device="cpu",
            verbose=0,
        )
        train, val = ((part.inputs.numpy(), part.targets.numpy()) for part in (data.train, data.val))
        with seeded(seed):
            net.path(*train, X_val=val[0], y_val=val[1], disable_lambda_warning=True)
        scores: np.ndarray = net.feature_importances_.double().numpy()
        return scores
