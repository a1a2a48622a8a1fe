"""The validation score for every number of inputs as a table for the terminal."""

from math import floor, log10

from rich.table import Table

from spectral_exp.report.names import VALIDATION_SCORES
from spectral_exp.tracking.path_curve import PathCurve


def path_curve_table(curve: PathCurve, n_rows: int) -> Table:
    """Lay out the score at each number of inputs, fewest first.

    Args:
        curve: the scores.
        n_rows: how many rows to show at most, >= 2; of more points these are evenly chosen, ends included.

    Returns:
        The table.
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("inputs", justify="right", no_wrap=True)
    table.add_column("epoch", justify="right", no_wrap=True)
    table.add_column(VALIDATION_SCORES[curve.metric], justify="right")
    highest = max(point.score for point in curve.points)
    decimals = max(0, 3 - floor(log10(highest))) if highest > 0 else 0  # as many as give the highest four digits
    n_rows = min(n_rows, len(curve.points))
    for row in range(n_rows):
        point = curve.points[round(row * (len(curve.points) - 1) / (n_rows - 1))]
        table.add_row(f"{point.n_kept:,}", str(point.epoch), f"{point.score:,.{decimals}f}")
    return table
