"""What the page shows of one run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from spectral_exp.errors import UserError
from spectral_exp.report.page.axis_chart import axis_chart
from spectral_exp.report.page.chart import Chart
from spectral_exp.report.page.evolution_chart import evolution, ranking_so_far
from spectral_exp.report.page.image_chart import image_chart
from spectral_exp.report.page.inputs_curve_chart import inputs_curve_chart
from spectral_exp.report.page.relevance_chart import relevance_chart
from spectral_exp.report.page.section import Section
from spectral_exp.report.page.tables import ranking_rows
from spectral_exp.report.page.training_chart import training_chart
from spectral_exp.report.ranking import RankedFeature
from spectral_exp.report.run_files import RunFiles
from spectral_exp.tracking.run_folder import DATASET, MASKING_CURVE, METRICS_HISTORY, RANKING, STATUS, TRACE


def run_section(files: RunFiles, key: str, title: str) -> list[Section]:
    """Show what a run's files allow; each that is missing or broken costs its own figure.

    Args:
        files: of the run.
        key: begins the figures' keys.
        title: the heading.

    Returns:
        The section; none if there is nothing to show.
    """
    section = Section(title)
    is_running = read_or_warn(section, files, STATUS, lambda: files.status.get("state")) == "running"
    ranking = (
        None if is_running else read_or_warn(section, files, RANKING, lambda: files.ranking)
    )  # it may be of an earlier end
    info = read_or_warn(section, files, DATASET, lambda: files.dataset)
    trace = read_or_warn(section, files, TRACE, lambda: files.trace)
    masking = read_or_warn(section, files, MASKING_CURVE, lambda: files.masking_curve)
    path = read_or_warn(section, files, METRICS_HISTORY, lambda: files.path_curve)
    history = read_or_warn(section, files, METRICS_HISTORY, lambda: files.history)
    fits = bool(info and ranking and info.n_features == len(ranking))
    groups = info.groups if info and fits else None
    shape = info.feature_shape if fits and info.is_image else ()
    n_selected = sum(one.selected for one in ranking) if ranking else 0
    if ranking:
        section.charts.append(relevance_chart(ranking, key, groups))
        if shape:
            section.charts.append(_run_image(ranking, shape, key))
        if fits and info.axis:
            section.charts.append(axis_chart(ranking, info.axis, key))
        section.tables.append(ranking_rows(ranking))
    if curve := inputs_curve_chart(masking, path, n_selected, key):
        section.charts.append(curve)
    if history and (training := training_chart(history, key)):
        section.charts.append(training)
    if trace is not None and len(trace):
        n_features = trace.eigenvalues.shape[1]
        if ranking and len(ranking) == n_features:
            section.evolution = evolution(trace, ranking, shape, key, groups=groups)
        elif not ranking and info and info.n_features == n_features:
            so_far = ranking_so_far(trace, info.feature_names)
            section.evolution = evolution(trace, so_far, info.shape, key, chosen="largest")
    return [section] if section.charts or section.evolution or section.warnings else []


def _run_image(ranking: Sequence[RankedFeature], shape: tuple[int, ...], key: str) -> Chart:
    relevance, kept = np.empty(len(ranking)), np.empty(len(ranking))
    for one in ranking:
        relevance[one.feature], kept[one.feature] = one.relevance, one.selected
    return image_chart(
        relevance,
        kept,
        shape,
        ("relevance", "selected (blue)"),
        f"Relevance of every pixel, dark is low, and which {int(kept.sum()):,} of {len(kept):,} are selected.",
        key,
    )


def read_or_warn(section: Section, files: RunFiles, name: str, read: Callable[[], Any]) -> Any:
    """Read a file of a run for a section, which says why if that fails.

    Args:
        section: is given a warning.
        files: of the run.
        name: the file's.
        read: reads it.

    Returns:
        What it holds; None if it is missing or broken.
    """
    if not files.has(name):
        return None
    try:
        return read()
    except UserError as error:
        if str(error) not in section.warnings:  # two figures may need the file
            section.warnings.append(str(error))
        return None
