"""Counts in words."""


def counted(count: float, noun: str) -> str:
    """Count something in words.

    Args:
        count: how many, perhaps a mean.
        noun: what, in the singular.

    Returns:
        The count, and the noun in the number that it asks for.

    Example:
        >>> counted(1, "input"), counted(29.5, "input"), counted(1000, "run")
        ('1 input', '29.5 inputs', '1,000 runs')
    """
    text = f"{count:,.0f}" if count == round(count) else f"{count:,.1f}"
    return f"{text} {noun}" if text == "1" else f"{text} {noun}s"
