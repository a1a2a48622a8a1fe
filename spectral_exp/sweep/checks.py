"""Numbers that a sweep is set by."""

from typing import Any

from spectral_exp.errors import UserError


def check_count(key: str, value: Any) -> None:
    """Make sure that a value counts something.

    Args:
        key: where it was set.
        value: what was set.

    Raises:
        UserError: if it is no whole number from 1.
    """
    if not isinstance(value, int) or value < 1:
        raise UserError(f"{key} must be a whole number >= 1, got {value!r}")


def check_positive(key: str, value: Any) -> None:
    """Make sure that a value is a positive number.

    Args:
        key: where it was set.
        value: what was set.

    Raises:
        UserError: if it is not.
    """
    if not isinstance(value, (int, float)) or not value > 0:
        raise UserError(f"{key} must be > 0, got {value!r}")
