"""What the page says: sections of facts, figures and tables, in the order of reading."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spectral_exp.counting import counted
from spectral_exp.errors import UserError
from spectral_exp.report.aggregate import Problem, problems
from spectral_exp.report.answer import answer
from spectral_exp.report.collect import FOLD, CollectedRun
from spectral_exp.report.consensus import consensus
from spectral_exp.report.page.axis_chart import axis_chart
from spectral_exp.report.page.chart import Chart
from spectral_exp.report.page.run_charts import (
    Evolution,
    evolution,
    image_chart,
    inputs_curve_chart,
    ranking_so_far,
    relevance_chart,
)
from spectral_exp.report.page.sweep_charts import parallel_chart, pareto_chart, selection_map
from spectral_exp.report.page.table import Table
from spectral_exp.report.page.tables import configuration_rows, consensus_rows, ranking_rows, run_rows
from spectral_exp.report.page.training_chart import training_chart
from spectral_exp.report.run_files import RunFiles
from spectral_exp.tracking.run_folder import CONFIG, DATASET, MASKING_CURVE, METRICS_HISTORY, RANKING, STATUS, TRACE

# Data sets, and runs that have not ended, that get figures of their own; the table of runs has them all.
N_PROBLEMS = 4
N_RUNNING = 4

OpenRun = Callable[[Path], RunFiles]


@dataclass
class Section:
    """A part of the page.

    Attributes:
        title: its heading.
        sentences: what is to be read first.
        facts: what is short, by name.
        charts: figures.
        evolution: the figure with the slider.
        tables: tables.
        texts: long texts by name, folded up: a configuration.
        commands: commands to copy.
        warnings: what could not be read or has failed.
    """

    title: str
    sentences: list[str] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    charts: list[Chart] = field(default_factory=list)
    evolution: Evolution | None = None
    tables: list[Table] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass
class Content:
    """Everything on the page.

    Attributes:
        title: its heading.
        headlines: the answers, one per data set.
        sections: its parts.
    """

    title: str
    headlines: list[str]
    sections: list[Section]

    @property
    def charts(self) -> list[Chart]:
        """All figures."""
        found = []
        for section in self.sections:
            if section.evolution:
                found += [section.evolution.chart, section.evolution.moment]
            found += section.charts
        return found


def build_content(path: Path, runs: Sequence[CollectedRun], page_folder: Path, open_run: OpenRun = RunFiles) -> Content:
    """Put together what can be said of a run, or of many.

    Args:
        path: what the page is about.
        runs: the runs in it.
        page_folder: where the page will lie.
        open_run: gives the files of a run folder.

    Returns:
        The content.
    """
    if len(runs) == 1 and runs[0].folder == path:
        return _of_run(runs[0], open_run(path))
    return _of_runs(path, runs, page_folder, open_run)


def _of_run(run: CollectedRun, files: RunFiles) -> Content:
    found = problems([run])
    said = answer(found[0]) if found else None
    headlines = [said.headline] if said else [_unfinished(run)]
    asked = Section("What was asked", said.notes if said else [], _asked_of_run(files))
    results = _run_section(files, "run", "Result")
    about = _about(files, [_command(files)])
    return Content(f"Run {run.name}", headlines, [asked, *results, about])


def _of_runs(path: Path, runs: Sequence[CollectedRun], page_folder: Path, open_run: OpenRun) -> Content:
    found = problems(runs)
    anchors = {run.name: f"run-{index}" for index, run in enumerate(runs)}
    headlines, sections = [], []
    for index, problem in enumerate(found[:N_PROBLEMS]):
        said = answer(problem)
        prefix = f"{_name_of(problem)}: " if len(found) > 1 else ""
        headlines.append(prefix + (said.headline if said else "no run has a score with its selected inputs alone."))
        sections += _of_problem(problem, prefix, anchors, f"d{index}", open_run)
    left_out = len(found) - N_PROBLEMS
    if left_out > 0:
        headlines.append(f"{left_out} more data set{'s are' if left_out > 1 else ' is'} in the table of runs only.")
    running = [run for run in runs if run.row["state"] == "running"]
    for run in running[:N_RUNNING]:
        sections += _run_section(open_run(run.folder), anchors[run.name], f"not ended: run {run.name}")
    all_runs = Section("Runs", [_states(runs)], tables=[run_rows(runs, anchors, page_folder)], warnings=_failures(runs))
    if not found:
        headlines.append(f"No run has finished yet. {_states(runs)}")
    sections.append(all_runs)
    shown = next((run for run in runs if run.is_done), runs[0])
    sections.append(_about(RunFiles(shown.folder), _sweep_commands(path, RunFiles(shown.folder))))
    return Content(f"{'/'.join(path.resolve().parts[-2:])}: {counted(len(runs), 'run')}", headlines, sections)


def _of_problem(problem: Problem, prefix: str, anchors: dict[str, str], key: str, open_run: OpenRun) -> list[Section]:
    said = answer(problem)
    together = consensus(problem.runs)
    facts = _dataset_facts(problem)
    for name in problem.varied:
        facts[f"varied: {name}"] = ", ".join(
            dict.fromkeys(one.settings.get(name, "(not given)") for one in problem.configurations)
        )
    for name, column in (("seeds", "seed"), ("folds", FOLD)):
        found = dict.fromkeys(str(run.row[column]) for run in problem.runs if column in run.row)
        if found:
            facts[name] = ", ".join(found) if len(found) <= 12 else f"{len(found):,} different ones"
    asked = Section(f"{prefix}what was asked", said.notes if said else [], facts)
    compared = Section(f"{prefix}score against inputs", tables=[configuration_rows(problem)])
    if said and (pareto := pareto_chart(problem, said.configuration, anchors, key)):
        compared.charts.append(pareto)
    if parallel := parallel_chart(problem, key):
        compared.charts.append(parallel)
    agreed = Section(f"{prefix}which inputs", tables=[consensus_rows(problem, together)])
    agreed.charts.append(selection_map(problem, together, key))
    if problem.info.is_image:
        agreed.charts.append(
            image_chart(
                together.relevance,
                together.frequency,
                problem.info.feature_shape,
                ("mean relevance", "selected by (blue: all runs)"),
                f"Mean relevance of every pixel as a share of the run's largest, and the share of {together.n_runs:,} "
                f"run{'' if together.n_runs == 1 else 's'} that select it.",
                key,
            )
        )
    run = (said.configuration if said else problem.configurations[0]).runs[0]
    title = f"{prefix}one run of the answer: run {run.name}" if said else f"{prefix}one run: run {run.name}"
    return [asked, compared, agreed, *_run_section(open_run(run.folder), f"{key}-run", title)]


def _run_section(files: RunFiles, key: str, title: str) -> list[Section]:
    """Show what a run's files allow; each that is missing or broken costs its own figure."""
    section = Section(title)
    is_running = _try(section, files, STATUS, lambda: files.status.get("state")) == "running"
    ranking = (
        None if is_running else _try(section, files, RANKING, lambda: files.ranking)
    )  # it may be of an earlier end
    info = _try(section, files, DATASET, lambda: files.dataset)
    trace = _try(section, files, TRACE, lambda: files.trace)
    masking = _try(section, files, MASKING_CURVE, lambda: files.masking_curve)
    path = _try(section, files, METRICS_HISTORY, lambda: files.path_curve)
    history = _try(section, files, METRICS_HISTORY, lambda: files.history)
    fits = bool(info and ranking and info.n_features == len(ranking))
    shape = info.feature_shape if fits and info.is_image else ()
    n_selected = sum(one.selected for one in ranking) if ranking else 0
    if ranking:
        section.charts.append(relevance_chart(ranking, key))
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
            section.evolution = evolution(trace, ranking, shape, key)
        elif not ranking and info and info.n_features == n_features:
            so_far = ranking_so_far(trace, info.feature_names)
            section.evolution = evolution(trace, so_far, info.shape, key, chosen="largest")
    return [section] if section.charts or section.evolution or section.warnings else []


def _run_image(ranking: list[Any], shape: tuple[int, ...], key: str) -> Chart:
    import numpy as np

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


def _try(section: Section, files: RunFiles, name: str, read: Any) -> Any:
    if not files.has(name):
        return None
    try:
        return read()
    except UserError as error:
        if str(error) not in section.warnings:  # two figures may need the file
            section.warnings.append(str(error))
        return None


def _name_of(problem: Problem) -> str:
    tables = dict.fromkeys(Path(one.settings.get("dataset.path", "")).stem for one in problem.configurations)
    return next(iter(tables)) or problem.info.name


def _dataset_facts(problem: Problem) -> dict[str, str]:
    info = problem.info
    facts = {"data set": _name_of(problem), "task": info.task, "inputs": _inputs(info)}
    if info.class_names:
        facts["classes"] = f"{len(info.class_names):,}"
    return facts


def _inputs(info: Any) -> str:
    if info.is_image:
        height, width = info.feature_shape
        return f"{info.n_features:,} ({height} x {width} pixels)"
    return f"{info.n_features:,}" + (f" {info.unit}s" if info.unit != "value" else "")


def _asked_of_run(files: RunFiles) -> dict[str, str]:
    facts: dict[str, str] = {}
    row = Section("")
    info = _try(row, files, DATASET, lambda: files.dataset)
    if info:
        facts |= {"data set": info.name, "task": info.task, "inputs": _inputs(info)}
        if info.class_names:
            facts["classes"] = f"{len(info.class_names):,}"
    try:
        metrics = files.metrics if files.has("metrics.json") else {}
        overrides = files.status.get("overrides")
    except UserError:
        metrics, overrides = {}, None
    for key, name in (("model", "model"), ("n_train", "training rows"), ("epochs", "epochs"), ("seed", "seed")):
        if key in metrics:
            facts[name] = f"{metrics[key]:,}" if isinstance(metrics[key], int) else str(metrics[key])
    if isinstance(overrides, list):
        facts["asked for"] = ", ".join(map(str, overrides)) or "nothing but the defaults"
    return facts


def _unfinished(run: CollectedRun) -> str:
    state, error = str(run.row["state"]), str(run.row.get("error") or "")
    if run.is_done:
        none = "selects no input; a lower selection.threshold or regularization.strength keeps more"
        return f"This run {'has no test score of its selection' if run.number('n_selected') else none}."
    if state == "running":
        return "This run has not ended: it still goes on, or it was killed."
    if state == "interrupted":
        return "This run was interrupted before its end."
    return f"This run {'failed' if state == 'failed' else 'cannot be read'}{f': {error}' if error else '.'}"


def _states(runs: Sequence[CollectedRun]) -> str:
    counts: dict[str, int] = {}
    for run in runs:
        counts[str(run.row["state"])] = counts.get(str(run.row["state"]), 0) + 1
    names = {"running": "not ended (still going on, or killed)", "broken": "not readable"}
    return ", ".join(f"{count:,} {names.get(state, state)}" for state, count in sorted(counts.items())) + "."


def _failures(runs: Sequence[CollectedRun]) -> list[str]:
    bad = [run for run in runs if run.row["state"] in ("failed", "broken")]
    told = [f"Run {run.name} {run.row['state']}: {run.row.get('error') or 'no reason given'}" for run in bad[:20]]
    if len(bad) > 20:
        told.append(f"{len(bad) - 20:,} more are in the table.")
    return told


def _command(files: RunFiles) -> str:
    try:
        overrides = files.status.get("overrides")
    except UserError:
        return ""
    words = [str(text) for text in overrides] if isinstance(overrides, list) else []
    return shlex.join(["spectral-train", *words])


def _sweep_commands(path: Path, shown: RunFiles) -> list[str]:
    from omegaconf import OmegaConf

    commands = []
    try:
        task = OmegaConf.load(path / "multirun.yaml").hydra.overrides.task
        commands.append(shlex.join(["spectral-train", "-m", *map(str, task)]))
    except Exception:  # Hydra's record of the sweep: absent in other folders, and not ours to trust
        commands.append(_command(shown))
    return commands


def _about(files: RunFiles, commands: list[str]) -> Section:
    section = Section("How it was made", commands=[command for command in commands if command])
    try:
        status = files.status
    except UserError as error:
        section.warnings.append(str(error))
        status = {}
    versions = status.get("versions")
    facts = {
        name: str(status.get(key)) for key, name in (("started", "started"), ("finished", "ended")) if status.get(key)
    }
    facts["python"] = str(status.get("python", ""))
    facts |= {str(name): str(version) for name, version in versions.items()} if isinstance(versions, dict) else {}
    facts["git revision of the working folder"] = str(status.get("git_revision") or "none")
    section.facts = {name: value for name, value in facts.items() if value}
    if files.has(CONFIG):
        text = (files.folder / CONFIG).read_text(encoding="utf-8", errors="replace")
        section.texts[f"Configuration of {files.folder.name}"] = text
    return section
