"""The top of a ranking as a table for the terminal."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from spectral_exp.report.names import shorten
from spectral_exp.report.ranking import RankedFeature
from spectral_exp.report.relevance_bar import RelevanceBar

# What rank, relevance, eigenvalue, kept and the gaps between the columns take.
_WIDTH_OF_NUMBERS = 40
_NAME_WIDTH = (12, 40)
_BAR_WIDTH = (4, 20)


def ranking_table(ranking: Sequence[RankedFeature], n_rows: int, width: int) -> Table:
    """Lay out the most relevant inputs, each with a bar.

    Args:
        ranking: the inputs, most relevant first.
        n_rows: how many to show at most.
        width: characters in a line of the terminal; long names and bars give way to it.

    Returns:
        The table.
    """
    room = width - _WIDTH_OF_NUMBERS
    bar_width = _clamp(room // 3, *_BAR_WIDTH)
    name_width = _clamp(room - bar_width, *_NAME_WIDTH)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("rank", justify="right")
    table.add_column("name", no_wrap=True)
    table.add_column("")
    table.add_column("relevance", justify="right", no_wrap=True)
    table.add_column("eigenvalue", justify="right", no_wrap=True)
    table.add_column("kept", no_wrap=True)
    highest = max(one.relevance for one in ranking) or 1.0
    for one in ranking[:n_rows]:
        table.add_row(
            str(one.rank),
            Text(shorten(one.name, name_width)),  # a Text: brackets in a name are no markup
            RelevanceBar(one.relevance / highest, one.selected, bar_width),
            four_digits(one.relevance),
            four_digits(one.eigenvalue),
            "yes" if one.selected else "no",
            style="" if one.selected else "dim",
        )
    return table


def four_digits(value: float) -> str:
    """Write a number with four digits, of which zeros at the end are kept: numbers of a column align.

    Args:
        value: any number.

    Returns:
        Its text.

    Example:
        >>> four_digits(1.8), four_digits(0.0991), four_digits(1234), four_digits(0)
        ('1.800', '0.09910', '1234', '0')
    """
    return f"{value:#.4g}".removesuffix(".") if value else "0"


def _clamp(value: int, low: int, high: int) -> int:
    return max(low, min(value, high))
