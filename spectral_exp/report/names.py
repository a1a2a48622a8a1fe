"""Names of inputs and scores, made fit for one line of a table or figure."""

# What runs are scored by, one for each task, in words; and the columns of the metrics' file, of which a run has one.
SCORES = {"accuracy": "accuracy", "mae": "mean absolute error"}
VALIDATION_SCORES = {f"val/{metric}": f"validation {words}" for metric, words in SCORES.items()}


def last_word(key: str) -> str:
    """Take the last word of a key or a group.

    Args:
        key: such as `regularization.strength` or `regularization/schedule`.

    Returns:
        What it is known by where no other key ends so.

    Example:
        >>> last_word("regularization.strength"), last_word("regularization/schedule")
        ('strength', 'schedule')
    """
    return key.replace("/", ".").rpartition(".")[2]


def shorten(name: str, width: int) -> str:
    """Cut the middle out of a long name: both ends tell names apart, such as `band=12` of a shared prefix.

    Args:
        name: any text; line breaks and other characters that cannot be printed become spaces.
        width: the most characters to keep, >= 4.

    Returns:
        The name on one line, at most `width` characters long.

    Example:
        >>> shorten("systolic blood pressure", 12)
        'systolic…ure'
    """
    line = " ".join("".join(character if character.isprintable() else " " for character in name).split())
    if len(line) <= width:
        return line
    tail = (width - 1) // 3
    return f"{line[: width - 1 - tail]}…{line[-tail:]}"
