"""What the data sets have in common that are drawn, so that it is known which inputs matter."""

import numpy as np
from jaxtyping import Float

from spectral_exp.dataset.feature_names import numbered_names
from spectral_exp.dataset.info import DatasetInfo


def describe_known_truth(name: str, true_strength: Float[np.ndarray, " n_features"]) -> DatasetInfo:
    """Describe two classes over numbered inputs of known strength.

    Args:
        name: of the data set.
        true_strength: how much each input matters, 0 for not at all.

    Returns:
        The description.
    """
    n_features = len(true_strength)
    return DatasetInfo(
        name=name,
        task="classification",
        feature_names=numbered_names(n_features),
        shape=(n_features,),
        class_names=("0", "1"),
        true_strength=true_strength,
    )
