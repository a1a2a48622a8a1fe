"""Names of inputs that bring none of their own."""


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
