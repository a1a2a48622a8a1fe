import json
from pathlib import Path

import matplotlib
import numpy as np
import pytest

from spectral_exp.errors import UserError
from spectral_exp.report.figures import draw_figures

ALL = ["eigenvalues", "masking_curve", "relevance", "relevance_map", "strength", "training"]


def test_all_figures_are_written_as_images_and_nothing_else(run_folder: Path) -> None:
    paths = draw_figures(run_folder)
    assert sorted(path.name for path in (run_folder / "figures").iterdir()) == [f"{name}.png" for name in ALL]
    assert sorted(paths) == sorted((run_folder / "figures").iterdir())
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


@pytest.fixture
def bare_run_folder(run_folder: Path) -> Path:
    """A run without what is not needed: drawing takes time."""
    for name in ("trace.arrows", "masking_curve.csv", "metrics.csv"):
        (run_folder / name).unlink()
    dataset = json.loads((run_folder / "dataset.json").read_text(encoding="utf-8"))
    dataset |= {"true_strength": None, "shape": [4]}
    (run_folder / "dataset.json").write_text(json.dumps(dataset), encoding="utf-8")
    return run_folder


def test_a_trace_cut_before_its_first_record_is_not_drawn(bare_run_folder: Path) -> None:
    (bare_run_folder / "trace.arrows").write_bytes(b"")
    assert [path.stem for path in draw_figures(bare_run_folder)] == ["relevance"]


def test_what_a_run_did_not_record_is_not_drawn(bare_run_folder: Path) -> None:
    assert [path.stem for path in draw_figures(bare_run_folder)] == ["relevance"]


def test_a_run_whose_inputs_left_on_the_way_has_the_curve_of_its_path(
    bare_run_folder: Path, path_history: Path
) -> None:
    path_history.rename(bare_run_folder / "metrics.csv")
    assert [path.stem for path in draw_figures(bare_run_folder)] == ["relevance", "path_curve", "training"]


def test_names_in_a_script_without_glyphs_do_not_stop_the_figures(bare_run_folder: Path) -> None:
    ranking = bare_run_folder / "ranking.csv"
    ranking.write_text(ranking.read_text(encoding="utf-8").replace("age", "年齢"), encoding="utf-8")
    assert [path.stem for path in draw_figures(bare_run_folder)] == ["relevance"]


def test_files_of_different_runs_are_refused(run_folder: Path) -> None:
    ranking = run_folder / "ranking.csv"
    ranking.write_text("\n".join(ranking.read_text(encoding="utf-8").splitlines()[:-1]) + "\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"dataset\.json has 4 inputs and ranking\.csv 3"):
        draw_figures(run_folder)


def test_drawing_leaves_the_style_of_other_figures_alone(bare_run_folder: Path) -> None:
    before = dict(matplotlib.rcParams)
    draw_figures(bare_run_folder)
    changed = [key for key, value in matplotlib.rcParams.items() if not np.array_equal(value, before[key])]
    assert changed == []
