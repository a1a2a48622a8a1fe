"""Squares of pixels out of one image, as rows for convolutions."""

import numpy as np
from jaxtyping import Bool, Float32


def patches(
    cube: Float32[np.ndarray, "height width bands"],
    centres: Bool[np.ndarray, "height width"],
    is_seen: Bool[np.ndarray, "height width"],
    size: int,
    fill: Float32[np.ndarray, " bands"],
) -> Float32[np.ndarray, "n_centres bands size size"]:
    """Cut squares out of an image.

    Args:
        cube: the image.
        centres: the pixels to cut squares around.
        is_seen: the pixels that a square may hold.
        size: side of the squares, odd.
        fill: what stands for other pixels, and for those beyond the image.

    Returns:
        One square per centre, bands first.
    """
    reach = size // 2
    offsets = np.where(is_seen[..., None], cube - fill, 0)
    padded = np.pad(offsets, ((reach, reach), (reach, reach), (0, 0)))
    squares = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(0, 1))
    return np.asarray(squares[centres] + fill[:, None, None], dtype=np.float32)
