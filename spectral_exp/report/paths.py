"""Paths as people want to copy them."""

from pathlib import Path


def from_here(path: Path) -> Path:
    """Shorten a path to what follows the working folder, if it lies there.

    Args:
        path: any path.

    Returns:
        The relative path, or the absolute one for what lies elsewhere.
    """
    whole = path.resolve()
    here = Path.cwd().resolve()
    return whole.relative_to(here) if whole.is_relative_to(here) else whole
