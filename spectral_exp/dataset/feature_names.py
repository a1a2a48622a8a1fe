"""Names of inputs that bring none of their own."""

from collections.abc import Sequence


def numbered_names(n_features: int) -> tuple[str, ...]:
    """Name inputs by their position.

    Args:
        n_features: number of inputs.

    Returns:
        Names `x0`, `x1`, ...

    Example:
        >>> numbered_names(2)
        ('x0', 'x1')
    """
    return tuple(f"x{feature}" for feature in range(n_features))


def pixel_names(height: int, width: int) -> tuple[str, ...]:
    """Name the pixels of an image, row by row.

    Args:
        height: number of rows.
        width: number of columns.

    Returns:
        Names `pixel_row_column`, counted from 0.

    Example:
        >>> pixel_names(1, 2)
        ('pixel_0_0', 'pixel_0_1')
    """
    return tuple(f"pixel_{row}_{column}" for row in range(height) for column in range(width))


def position_names(length: int) -> tuple[str, ...]:
    """Name the positions of a sequence.

    Args:
        length: number of positions.

    Returns:
        Names `position_0`, `position_1`, ...
    """
    return tuple(f"position_{position}" for position in range(length))


def value_names(channel_names: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """Name the single values of rows with channels, channel by channel.

    Args:
        channel_names: names of the channels.
        names: names of the positions.

    Returns:
        One name per value.

    Example:
        >>> value_names(["red", "blue"], ["pixel_0_0"])
        ('red_pixel_0_0', 'blue_pixel_0_0')
    """
    return tuple(f"{channel}_{name}" for channel in channel_names for name in names)
