import io

import pytest
from rich.console import Console

from spectral_exp.report.path_curve_table import path_curve_table
from spectral_exp.tracking.path_curve import PathCurve, PathPoint


def _cells(curve: PathCurve, n_rows: int) -> list[list[str]]:
    file = io.StringIO()
    Console(file=file, width=80).print(path_curve_table(curve, n_rows))
    return [line.split() for line in file.getvalue().splitlines()[1:]]


@pytest.mark.parametrize("n_points", [2, 3, 7, 8, 100])
@pytest.mark.parametrize("n_rows", [2, 7])
def test_the_rows_are_different_points_from_the_first_to_the_last(n_points: int, n_rows: int) -> None:
    points = [PathPoint(n_kept, 0, 0.5) for n_kept in range(1, n_points + 1)]
    shown = [int(cells[0]) for cells in _cells(PathCurve("val/accuracy", points), n_rows)]
    assert len(shown) == min(n_points, n_rows)
    assert shown == sorted(set(shown))
    assert (shown[0], shown[-1]) == (1, n_points)


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        ((0.5, 0.96378), ["0.5000", "0.9638"]),
        ((12.5, 3.25), ["12.50", "3.25"]),
        ((23456.7, 1234.5), ["23,457", "1,234"]),
        ((0.00012, 0.0), ["0.0001200", "0.0000000"]),
        ((0.0, 0.0), ["0", "0"]),
    ],
)
def test_the_scores_stand_decimal_under_decimal(scores: tuple[float, float], told: list[str]) -> None:
    points = [PathPoint(n_kept, 0, score) for n_kept, score in enumerate(scores, start=1)]
    assert [cells[-1] for cells in _cells(PathCurve("val/mae", points), 2)] == told
