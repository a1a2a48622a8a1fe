from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from spectral_exp.report.figure.eigenvalues import N_NAMED, eigenvalues_figure
from spectral_exp.report.figure.style import MUTED
from spectral_exp.report.ranking import RankedFeature
from spectral_exp.report.run_files import RunFiles
from spectral_exp.tracking.trace import Trace


def _names(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts if isinstance(text, Annotation)]


def _crowd(n_features: int, steps: list[int]) -> tuple[Trace, list[RankedFeature]]:
    sizes = np.linspace(2, 1, n_features, dtype=np.float32)
    n = len(steps)
    eigenvalues = sizes * np.linspace(1, 0.5, n, dtype=np.float32)[:, None]
    trace = Trace(np.array(steps), np.zeros(n, int), np.zeros(n), eigenvalues, np.ones((n, n_features), bool))
    ranking = [RankedFeature(j + 1, j, f"x{j}", float(sizes[j]), float(sizes[j]), True, -1) for j in range(n_features)]
    return trace, ranking


def test_lines_are_the_sizes_of_the_eigenvalues_and_carry_names(run_folder: Path, ranking: list[RankedFeature]) -> None:
    figure = eigenvalues_figure(RunFiles(run_folder).trace, ranking, "people")
    assert _names(figure) == ["_private", "age", "[red]height"]
    drawn = [line.get_ydata().tolist() for line in figure.axes[0].lines]
    assert [1.0, 1.5, 2.0, 2.0] in drawn


def test_inputs_of_a_group_share_a_line() -> None:
    trace, ranking = _crowd(6, [0, 10])
    figure = eigenvalues_figure(trace, ranking, "people", ["a", "b", "b", "c", "d", "b"])
    assert _names(figure) == ["x0", "b (3 inputs)", "x3", "x4"]
    assert len(figure.axes[0].lines) == 4


def test_a_dropped_input_ends_at_the_step_of_its_end(run_folder: Path, ranking: list[RankedFeature]) -> None:
    figure = eigenvalues_figure(RunFiles(run_folder).trace, ranking, "people")
    lines = figure.axes[0].lines
    income = next(line for line in lines if np.allclose(line.get_ydata()[-1:], 0) and len(line.get_xdata()) == 3)
    np.testing.assert_array_equal(income.get_xdata(), [0, 10, 20])
    np.testing.assert_allclose(income.get_ydata(), [1.0, 0.5, 0.0])
    marks = [line for line in lines if line.get_marker() == "o" and len(line.get_xdata()) == 1]
    assert [mark.get_xdata()[0] for mark in marks] == [20]


def test_the_strength_of_the_penalty_has_its_panel_only_if_it_varies(
    run_folder: Path, ranking: list[RankedFeature]
) -> None:
    trace = RunFiles(run_folder).trace
    panels = eigenvalues_figure(trace, ranking, "people").axes
    assert len(panels) == 2
    np.testing.assert_array_equal(panels[1].lines[0].get_ydata(), trace.strength)
    assert len(eigenvalues_figure(*_crowd(4, [0, 10]), "people").axes) == 1


def test_a_crowd_is_drawn_as_quantiles_with_the_top_named_and_no_label_on_another() -> None:
    trace, ranking = _crowd(500, [0, 10, 20, 30])
    figure = eigenvalues_figure(trace, ranking, "people")
    axes = figure.axes[0]
    assert _names(figure) == [f"x{j}" for j in range(N_NAMED)]
    median = next(line for line in axes.lines if to_hex(line.get_color()) == MUTED)
    np.testing.assert_allclose(median.get_ydata(), np.median(trace.eigenvalues[:, N_NAMED:], axis=1))
    wide, narrow = (band.get_paths()[0].get_extents() for band in axes.collections)
    assert wide.y0 == pytest.approx(np.percentile(trace.eigenvalues[-1, N_NAMED:], 5))
    assert narrow.y1 == pytest.approx(np.percentile(trace.eigenvalues[0, N_NAMED:], 75))
    figure.draw_without_rendering()
    places = sorted(text.xyann[1] * axes.bbox.height for text in axes.texts if isinstance(text, Annotation))
    assert np.diff(places).min() > 9 / 72 * figure.dpi


def test_steps_recorded_ever_more_rarely_get_a_logarithmic_axis() -> None:
    assert eigenvalues_figure(*_crowd(4, [0, 1, 2, 4, 8, 16, 64, 512, 4096]), "people").axes[0].get_xscale() == "symlog"
    assert eigenvalues_figure(*_crowd(4, list(range(0, 90, 10))), "people").axes[0].get_xscale() == "linear"


@pytest.mark.parametrize("n_features", [1, 2, 45])
def test_a_single_record_can_be_drawn(n_features: int) -> None:
    eigenvalues_figure(*_crowd(n_features, [0]), "people").draw_without_rendering()


def test_a_net_that_dropped_everything_can_be_drawn() -> None:
    trace, ranking = _crowd(45, [0, 10])
    gone = [one._replace(relevance=0.0, selected=False, dropped_at_step=10) for one in ranking]
    assert _names(eigenvalues_figure(trace, gone, "people")) == []
