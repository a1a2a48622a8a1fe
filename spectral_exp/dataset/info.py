"""What a run needs to know about a data set besides its numbers."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from spectral_exp.dataset.axis import Axis

Task = Literal["classification", "regression"]


@dataclass(frozen=True)
class DatasetInfo:
    """Describe the inputs and the target of a data set.

    Attributes:
        name: the data set's name.
        task: what is predicted.
        feature_names: one name per input, unique.
        shape: the shape of one row, such as (28, 28); its product is n_features.
        class_names: names of the classes in the order of their codes; empty for regression.
        true_strength: known relevance of every input, shape (n_features,), 0 = irrelevant; or None.
        target_mean: for regression, what was subtracted from the target (training rows only).
        target_scale: for regression, what the target was divided by after that.
        input_shift: what was subtracted from every input, in the units of the data (after one-hot coding; pixels of
            images are in [0, 1] by then), shape (n_features,); None if inputs are taken as they are.
        input_divisor: what the inputs were divided by after that; None if inputs are taken as they are.
        groups: the name of every input's group, such as the column of a table that became several inputs: its
            members are penalised, ranked, dropped and selected together. None if every input stands alone.
        axis: where the inputs lie on a physical axis, such as wavelengths; None if on none.
    """

    name: str
    task: Task
    feature_names: tuple[str, ...]
    shape: tuple[int, ...]
    class_names: tuple[str, ...] = ()
    true_strength: np.ndarray | None = None
    target_mean: float = 0.0
    target_scale: float = 1.0
    input_shift: np.ndarray | None = None
    input_divisor: np.ndarray | None = None
    groups: tuple[str, ...] | None = None
    axis: Axis | None = None

    @property
    def n_features(self) -> int:
        """Number of inputs."""
        return len(self.feature_names)

    @property
    def group_numbers(self) -> list[int] | None:
        """The number of every input's group, in order of first appearance; None if every input stands alone."""
        if self.groups is None:
            return None
        numbers = {name: number for number, name in enumerate(dict.fromkeys(self.groups))}
        return [numbers[name] for name in self.groups]

    @property
    def n_outputs(self) -> int:
        """Number of outputs a model needs: one per class, or one for regression."""
        return len(self.class_names) if self.task == "classification" else 1

    @property
    def is_image(self) -> bool:
        """Whether the inputs are the pixels of an image, (height, width)."""
        return len(self.shape) == 2
