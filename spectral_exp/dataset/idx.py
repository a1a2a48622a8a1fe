"""The idx format of MNIST: arrays of bytes in a file."""

import struct

import numpy as np
from jaxtyping import UInt8


def parse_idx(content: bytes) -> UInt8[np.ndarray, "..."]:
    """Read the idx format: two zeros, the type (8: bytes), the number of axes, their lengths, the values.

    Args:
        content: a whole file, whose hash was checked.

    Returns:
        The array of bytes.
    """
    n_axes = content[3]
    shape = struct.unpack(f">{n_axes}I", content[4 : 4 + 4 * n_axes])
    return np.frombuffer(content, np.uint8, offset=4 + 4 * n_axes).reshape(shape)


def write_idx(values: UInt8[np.ndarray, "..."]) -> bytes:
    """Write the idx format.

    Args:
        values: an array of bytes.

    Returns:
        The whole file.
    """
    return bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape) + values.tobytes()
