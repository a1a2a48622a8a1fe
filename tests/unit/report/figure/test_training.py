from pathlib import Path

import numpy as np

from spectral_exp.report.figure.training import training_figure
from spectral_exp.report.run_files import RunFiles


def test_each_panel_shows_its_columns_without_the_empty_cells(run_folder: Path) -> None:
    loss, metric, kept = training_figure(RunFiles(run_folder).history, "people").axes
    assert [line.get_label() for line in loss.lines] == ["training", "validation"]
    np.testing.assert_array_equal(loss.lines[1].get_ydata(), [0.6, 0.4])
    np.testing.assert_array_equal(metric.lines[0].get_xdata(), [1])
    np.testing.assert_array_equal(metric.lines[0].get_ydata(), [0.97])
    np.testing.assert_array_equal(kept.lines[0].get_ydata(), [4, 2])
    assert metric.get_title(loc="left") == "validation accuracy"


def test_regression_shows_its_error() -> None:
    history = {"epoch": np.arange(2), "train/loss": np.ones(2), "val/mae": np.array([2.0, 1.0])}
    panels = training_figure(history, "stars").axes
    assert panels[1].get_title(loc="left") == "validation mean absolute error"


def test_a_loss_that_falls_far_is_drawn_on_a_logarithmic_scale() -> None:
    history = {"epoch": np.arange(3), "train/loss": np.array([1.0, 0.1, 0.001]), "val/loss": np.array([1.0, 0.5, 0.4])}
    figure = training_figure(history, "people")
    figure.draw_without_rendering()
    assert figure.axes[0].get_yscale() == "log"
