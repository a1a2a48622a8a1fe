"""What a run needs to know about a data set besides its numbers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np

from spectral_exp.dataset.axis import Axis

Task = Literal["classification", "regression"]
Unit = Literal["value", "position", "channel", "activation"]


@dataclass(frozen=True)
class DatasetInfo:
    """Describe the inputs and the target of a data set.

    Attributes:
        name: the data set's name.
        task: what is predicted.
        feature_names: one name per input, unique.
        shape: the shape of one row, such as (28, 28), or (3, 32, 32) with channels first.
        class_names: names of the classes in the order of their codes; empty for regression.
        true_strength: known relevance of every input, shape (n_features,), 0 = irrelevant; or None.
        target_mean: for regression, what was subtracted from the target (training rows only).
        target_scale: for regression, what the target was divided by after that.
        input_shift: what was subtracted from every input, in the units of the data (after one-hot coding; pixels of
            images are in [0, 1] by then), shape (n_features,); None if inputs are taken as they are.
        input_divisor: what the inputs were divided by after that; None if inputs are taken as they are.
        groups: the name of every input's group, such as the column of a table that became several inputs: its
            members are penalised, ranked, dropped and selected together. None if every input stands alone.
        channel_names: names along the first axis of a row if that is of channels (colours, bands, sensors); None if
            rows have none.
        unit: what one input is, which is what the input layer of the model has eigenvalues for: a `value`, a single
            number of a row; a `position` (a pixel, a moment) with all its channels; a whole `channel`; or an
            `activation` that the model itself computes of a row.
        mean_row: mean of the training rows before their scaling, of their shape; None if it is not kept.
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
    channel_names: tuple[str, ...] | None = None
    unit: Unit = "value"
    mean_row: np.ndarray | None = None
    axis: Axis | None = None

    def to_plain(self) -> dict[str, Any]:
        """Turn the description into what JSON can hold.

        Returns:
            Plain values by the names of the attributes.
        """
        content: dict[str, Any] = {one.name: getattr(self, one.name) for one in fields(self)}
        for name, value in content.items():
            if isinstance(value, np.ndarray):
                content[name] = value.tolist()
            elif isinstance(value, tuple):
                content[name] = list(value)
            elif isinstance(value, Axis):
                content[name] = value.to_plain()
        return content

    @classmethod
    def from_plain(cls, content: Mapping[str, Any]) -> "DatasetInfo":
        """Read what `to_plain` gave, or an earlier version of this class.

        Args:
            content: plain values by the names of the attributes.

        Returns:
            The description.
        """
        values = {name: value for name, value in content.items() if value is not None}
        for name in values.keys() & {"feature_names", "shape", "class_names", "groups", "channel_names"}:
            values[name] = tuple(values[name])
        for name in values.keys() & {"true_strength", "input_shift", "input_divisor", "mean_row"}:
            values[name] = np.asarray(values[name], dtype=float)
        if "axis" in values:
            values["axis"] = Axis.from_plain(values["axis"])
        return cls(**values)

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
    def channels_first(self) -> tuple[int, ...]:
        """The shape of one row with an axis of channels, if only of one."""
        return (1, *self.shape) if self.channel_names is None else self.shape

    @property
    def feature_shape(self) -> tuple[int, ...]:
        """How the inputs lie in a row: along which of its axes, with which sizes."""
        if self.unit == "position":
            return self.channels_first[1:]
        return self.shape if self.unit == "value" else (self.n_features,)

    @property
    def is_image(self) -> bool:
        """Whether the inputs are the pixels of an image, (height, width)."""
        return len(self.channels_first) == 3 and self.feature_shape == self.channels_first[1:]

    @property
    def n_values(self) -> int:
        """Number of numbers in a row."""
        return math.prod(self.shape)
