"""The physical axis along which inputs lie, such as the wavelengths of a spectrum."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped

N_DIGITS = 6  # of what is stored for figures
N_LEVELS = 3  # parts that a regression target is cut into for mean curves


@dataclass(frozen=True, eq=False)
class Axis:
    """Say where every input lies on an axis, for figures and reports; models do not see it.

    Attributes:
        values: the place of every input, in any order, shape (n_features,).
        name: what the axis shows, such as "wavelength".
        unit: of the values, such as "nm".
        marks: known places by name, such as spectral lines; several may lie close together.
        bands: known ranges (lower end, upper end) by name, such as bandpasses of indices.
        bands_name: what the ranges are, together.
        means: mean of the inputs over the training rows of each class, in the units of the data, by the class's name;
            for regression of the lowest, middle and highest third of the target. `make_data` fills it in.
    """

    values: Float[np.ndarray, " n_features"]
    name: str
    unit: str
    marks: Mapping[str, float] = field(default_factory=dict)
    bands: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    bands_name: str = ""
    means: Mapping[str, Float[np.ndarray, " n_features"]] = field(default_factory=dict)

    def __eq__(self, other: object) -> bool:
        """Whether two axes are the same to a figure: one that was stored equals the one it was made from."""
        return isinstance(other, Axis) and self.to_plain() == other.to_plain()

    @property
    def label(self) -> str:
        """Name and unit, as they stand beside an axis."""
        return f"{self.name} [{self.unit}]"

    def to_plain(self) -> dict[str, Any]:
        """Lay the axis out as plain values, rounded to what a figure can show.

        Returns:
            What `from_plain` reads.
        """
        return {
            "values": self.values.tolist(),
            "name": self.name,
            "unit": self.unit,
            "marks": dict(self.marks),
            "bands_name": self.bands_name,
            "bands": {name: list(ends) for name, ends in self.bands.items()},
            "means": {name: [float(f"{x:.{N_DIGITS}g}") for x in mean.tolist()] for name, mean in self.means.items()},
        }

    def of_channels(self, n_channels: int) -> "Axis":
        """Reduce the axis of the values of a row to that of its channels, whose values lie at one place.

        Args:
            n_channels: how many there are; their values follow each other.

        Returns:
            The axis with one value per channel, its means over the channel.
        """
        means = {name: mean.reshape(n_channels, -1).mean(axis=1) for name, mean in self.means.items()}
        return replace(self, values=self.values.reshape(n_channels, -1)[:, 0], means=means)

    @classmethod
    def from_plain(cls, content: Mapping[str, Any]) -> "Axis":
        """Read what `to_plain` has laid out.

        Args:
            content: plain values.

        Returns:
            The axis.
        """
        return cls(
            values=np.asarray(content["values"], dtype=float),
            name=content["name"],
            unit=content["unit"],
            marks={str(name): float(place) for name, place in content["marks"].items()},
            bands_name=content["bands_name"],
            bands={str(name): (float(low), float(high)) for name, (low, high) in content["bands"].items()},
            means={str(name): np.asarray(mean, dtype=float) for name, mean in content["means"].items()},
        )


def mean_inputs(
    inputs: Shaped[np.ndarray, "n_rows n_features"],
    targets: Shaped[np.ndarray, " n_rows"],
    class_names: tuple[str, ...],
) -> dict[str, Float[np.ndarray, " n_features"]]:
    """Average the inputs over the rows of each class, or of each third of a quantity.

    Args:
        inputs: rows in the units of the data.
        targets: class codes or values.
        class_names: names in the order of the codes; empty for a quantity.

    Returns:
        Name to mean; a class without rows is left out. Thirds are named by their ends.
    """
    if not class_names:
        ends = np.quantile(targets, np.linspace(0, 1, N_LEVELS + 1))
        targets = np.searchsorted(ends[1:-1], targets, side="right")
        class_names = tuple(f"target {low:.3g} to {high:.3g}" for low, high in itertools.pairwise(ends))
    return {
        name: inputs[targets == code].mean(axis=0, dtype=np.float64)
        for code, name in enumerate(class_names)
        if (targets == code).any()
    }
