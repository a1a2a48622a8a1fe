"""All figures of a run, drawn from its files into its folder."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

from spectral_exp.errors import UserError
from spectral_exp.report.figure.eigenvalues import eigenvalues_figure
from spectral_exp.report.figure.masking_curve import masking_curve_figure
from spectral_exp.report.figure.path_curve import path_curve_figure
from spectral_exp.report.figure.relevance import relevance_figure
from spectral_exp.report.figure.relevance_axis import relevance_axis_figure
from spectral_exp.report.figure.relevance_map import relevance_map_figure
from spectral_exp.report.figure.selection_curve import selection_curve_figure
from spectral_exp.report.figure.strength import strength_figure
from spectral_exp.report.figure.style import house_style, label
from spectral_exp.report.figure.training import training_figure
from spectral_exp.report.names import VALIDATION_SCORES
from spectral_exp.report.ranking import RankedFeature
from spectral_exp.report.run_files import RunFiles
from spectral_exp.tracking.run_folder import (
    DATASET,
    FIGURES,
    MASKING_CURVE,
    METRICS,
    METRICS_HISTORY,
    RANKING,
    SELECTION_CURVE,
    TRACE,
    write_whole,
)

N_CHANNEL_MAPS = 8


def draw_figures(run_folder: Path) -> list[Path]:
    """Draw every figure that the files of a run allow.

    Args:
        run_folder: the run's folder; it needs a ranking and the description of its data, the rest may be missing.

    Returns:
        The PNG files, in `figures/` of the run folder.

    Raises:
        UserError: if a file is broken, or ranking or data description is missing.
    """
    paths = []
    for name, draw in _figures(RunFiles(run_folder)):
        paths.append(run_folder / FIGURES / f"{name}.png")
        with warnings.catch_warnings():
            # A name in a script the font lacks shows boxes; the ranking's file has it in full.
            warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
            save_figure(draw(), paths[-1])
    return paths


@house_style
def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure whole or not at all.

    Args:
        figure: the figure.
        path: the file.
    """
    write_whole(path, figure.savefig)


def _figures(run: RunFiles) -> Iterator[tuple[str, Callable[[], Figure]]]:
    info, ranking = run.dataset, run.ranking
    name = label(info.name)
    n_selected = sum(one.selected for one in ranking)
    _check_same_inputs(run, DATASET, info.n_features)
    if run.has(TRACE) and len(run.trace.step):
        _check_same_inputs(run, TRACE, run.trace.eigenvalues.shape[1])
        yield (
            "eigenvalues",
            lambda: eigenvalues_figure(run.trace, ranking, f"{name}: eigenvalues over training", info.groups),
        )
    yield "relevance", lambda: relevance_figure(ranking, name, info.groups)
    if info.is_image:
        height, width = info.feature_shape
        yield "relevance_map", lambda: relevance_map_figure(ranking, (height, width), name, info.mean_row)
    elif info.channel_names and len(info.feature_shape) == 3:
        _, height, width = info.feature_shape
        for number, channel in enumerate(info.channel_names[:N_CHANNEL_MAPS]):
            of_channel = _part(ranking, number * height * width, height * width)
            mean = None if info.mean_row is None else info.mean_row[number]
            draw = partial(relevance_map_figure, of_channel, (height, width), f"{name}, {label(channel)}", mean)
            yield f"relevance_map_{number}", draw
    axis = info.axis
    if axis is not None:
        yield "relevance_axis", lambda: relevance_axis_figure(ranking, axis, name)
    true_strength = info.true_strength
    if true_strength is not None:
        yield "strength", lambda: strength_figure(ranking, true_strength, name)
    if run.has(MASKING_CURVE):
        yield "masking_curve", lambda: masking_curve_figure(run.masking_curve, n_selected, name)
    chosen_by = run.selection_curve if run.has(SELECTION_CURVE) and run.has(METRICS) else None
    path_curve = run.path_curve if run.has(METRICS_HISTORY) else None
    if path_curve is not None:
        yield "path_curve", lambda: path_curve_figure(path_curve, len(ranking), n_selected, name, chosen_by)
    elif chosen_by is not None:
        metric = VALIDATION_SCORES["val/accuracy" if info.task == "classification" else "val/mae"]
        yield "selection_curve", lambda: selection_curve_figure(chosen_by, len(ranking), n_selected, name, metric)
    if run.has(METRICS_HISTORY) and len(run.history.get("epoch", ())):
        yield "training", lambda: training_figure(run.history, f"{name}: training")


def _part(ranking: Sequence[RankedFeature], first: int, n_features: int) -> list[RankedFeature]:
    """Some of the inputs, numbered from 0."""
    return [one._replace(feature=one.feature - first) for one in ranking if first <= one.feature < first + n_features]


def _check_same_inputs(run: RunFiles, name: str, n_features: int) -> None:
    if n_features != len(run.ranking):
        raise UserError(
            f"{run.folder / name} has {n_features:,} inputs and {RANKING} {len(run.ranking):,}: "
            "the files are of different runs; run again"
        )
