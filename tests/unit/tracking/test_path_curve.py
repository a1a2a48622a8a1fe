from pathlib import Path

import pytest

from spectral_exp.tracking.path_curve import PathCurve, PathPoint, read_path_curve


def _curve(metric: str, *points: tuple[int, int, float]) -> PathCurve:
    return PathCurve(metric, [PathPoint(*point) for point in points])


def test_each_number_of_inputs_has_the_score_of_its_last_epoch(path_history: Path) -> None:
    # Also the full set: its epoch 0 was better by luck.
    assert read_path_curve(path_history) == _curve("val/accuracy", (2, 4, 0.75), (3, 3, 0.8), (4, 1, 0.9))


def test_a_last_row_that_is_still_being_written_does_not_count(path_history: Path) -> None:
    with path_history.open("a", encoding="utf-8") as file:
        file.write("5,60,1.0,1,0.4,0.")
    curve = read_path_curve(path_history)
    assert curve is not None
    assert [point.n_kept for point in curve.points] == [2, 3, 4]


def test_regression_is_scored_by_its_error_and_epochs_without_a_score_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,spectral/n_kept,val/mae,val/r2\n0,3.0,0.1,0.9\n1,2.0,0.2,0.8\n2,2.0,,\n3,1.0,,\n")
    assert read_path_curve(path) == _curve("val/mae", (2, 1, 0.2), (3, 0, 0.1))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "epoch,spectral/n_kept,val/accuracy\n",
        "epoch,spectral/n_kept,val/accuracy\n0,4.0,0.5\n1,4.0,0.6\n",
        "epoch,spectral/n_kept,train/loss\n0,4.0,0.5\n1,2.0,0.6\n",
        "epoch,val/accuracy\n0,0.5\n1,0.6\n",
    ],
)
def test_without_scores_at_different_numbers_of_inputs_there_is_no_curve(tmp_path: Path, content: str) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text(content, encoding="utf-8")
    assert read_path_curve(path) is None
