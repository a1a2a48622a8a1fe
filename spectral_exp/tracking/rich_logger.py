"""What a dashboard takes besides scalars: histograms, images and tables."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Shaped, UInt8


@runtime_checkable
class RichLogger(Protocol):
    """A Lightning logger that shows more than scalars.

    Scalars go through Lightning's `log_metrics`, the config through `log_hyperparams`.
    """

    @property
    def location(self) -> str | None:
        """Where to look: a folder or an address; None before the first record."""
        ...

    def log_histogram(self, name: str, values: Shaped[np.ndarray, " n"], step: int) -> None:
        """Log how values are distributed; those that are not finite are left out.

        Args:
            name: the series' name, such as `spectral/eigenvalues`.
            values: numbers, shape (n,).
            step: optimizer steps taken.
        """
        ...

    def log_image(self, name: str, image: Shaped[np.ndarray, "height width ..."], step: int) -> None:
        """Log an image.

        Args:
            name: the series' name, such as `spectral/mask`.
            image: grey (height, width), bool or float in 0..1; or uint8, grey or (height, width, 3).
            step: optimizer steps taken.
        """
        ...

    def log_table(self, name: str, columns: list[str], rows: list[list[Any]], step: int) -> None:
        """Log a table.

        Args:
            name: the table's name, such as `ranking`.
            columns: column names.
            rows: one list of strings, numbers or bools per row, in the order of `columns`.
            step: optimizer steps taken.
        """
        ...

    def log_summary(self, metrics: Mapping[str, float], step: int) -> None:
        """Log what the run is compared by with others, beside its hyper-parameters.

        Args:
            metrics: the final metrics, by name.
            step: optimizer steps taken.
        """
        ...

    def resume_after(self, step: int) -> None:
        """Say, before anything is logged, that the run goes on behind a step.

        Args:
            step: the last step that counts; what an interrupted run logged behind it does not.
        """
        ...

    def finish(self, failed: bool = False) -> None:
        """Close the record; nothing may be logged afterwards.

        Lightning's `finalize` is called at the end of `fit` already, before the ranking and the test metrics
        are known, so it does not close.

        Args:
            failed: whether the run ended with an error.
        """
        ...


def as_pixels(image: Shaped[np.ndarray, "height width ..."]) -> UInt8[np.ndarray, "height width ..."]:
    """Turn an image of bools or of floats in 0..1 into bytes.

    Args:
        image: bool, float or uint8; floats outside 0..1 are clipped, nan is black.

    Returns:
        The image as uint8; unchanged if it was that already.
    """
    if image.dtype == np.uint8:
        return image
    pixels: np.ndarray = np.rint(np.nan_to_num(image.astype(np.float32)).clip(0, 1) * 255).astype(np.uint8)
    return pixels
