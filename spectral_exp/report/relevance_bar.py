"""Relevance as a bar of characters, for tables in a terminal."""

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.style import Style

_EIGHTHS = " ▏▎▍▌▋▊▉█"


class RelevanceBar:
    """A bar as long as its share of the largest relevance.

    Args:
        share: relevance divided by the largest one, 0 to 1.
        is_kept: whether the input is kept; the bar of a dropped one is dimmed.
        width: characters of a bar of full length.
    """

    def __init__(self, share: float, is_kept: bool, width: int) -> None:
        self.share = min(max(0.0, share), 1.0)  # in this order NaN becomes 0
        self.style = Style.parse("blue" if is_kept else "dim")
        self.width = width

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if options.ascii_only:
            yield Segment("#" * round(self.share * self.width), self.style)
            return
        full, eighths = divmod(round(self.share * self.width * 8), 8)
        yield Segment("█" * full + (_EIGHTHS[eighths] if eighths else ""), self.style)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(self.width, self.width)
