"""What the page says: sections of facts, figures and tables, in the order of reading."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from spectral_exp.counting import counted
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.errors import UserError
from spectral_exp.report.aggregate import Problem, problems
from spectral_exp.report.answer import answer
from spectral_exp.report.collect import FOLD, CollectedRun
from spectral_exp.report.consensus import consensus
from spectral_exp.report.page.chart import Chart
from spectral_exp.report.page.how_it_was_made import command_of, how_it_was_made, sweep_command
from spectral_exp.report.page.image_chart import image_chart
from spectral_exp.report.page.run_section import read_or_warn, run_section
from spectral_exp.report.page.section import Section
from spectral_exp.report.page.sweep_charts import parallel_chart, pareto_chart, selection_map
from spectral_exp.report.page.tables import configuration_rows, consensus_rows, run_rows
from spectral_exp.report.run_files import RunFiles
from spectral_exp.tracking.run_folder import DATASET

# Data sets, and runs that have not ended, that get figures of their own; the table of runs has them all.
N_PROBLEMS = 4
N_RUNNING = 4

OpenRun = Callable[[Path], RunFiles]


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
    results = run_section(files, "run", "Result")
    about = how_it_was_made(files, command_of(files))
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
        sections += run_section(open_run(run.folder), anchors[run.name], f"not ended: run {run.name}")
    all_runs = Section("Runs", [_states(runs)], tables=[run_rows(runs, anchors, page_folder)], warnings=_failures(runs))
    if not found:
        headlines.append(f"No run has finished yet. {_states(runs)}")
    sections.append(all_runs)
    shown = next((run for run in runs if run.is_done), runs[0])
    files = RunFiles(shown.folder)
    sections.append(how_it_was_made(files, sweep_command(path, files)))
    return Content(f"{'/'.join(path.resolve().parts[-2:])}: {counted(len(runs), 'run')}", headlines, sections)


def _of_problem(problem: Problem, prefix: str, anchors: dict[str, str], key: str, open_run: OpenRun) -> list[Section]:
    said = answer(problem)
    facts = _dataset_facts(problem.info, _name_of(problem))
    for name in problem.varied:
        facts[f"varied: {name}"] = ", ".join(
            dict.fromkeys(one.settings.get(name, "(not given)") for one in problem.configurations)
        )
    for name, column in (("seeds", "seed"), ("folds", FOLD)):
        found = dict.fromkeys(str(run.row[column]) for run in problem.runs if column in run.row)
        if found:
            facts[name] = ", ".join(found) if len(found) <= 12 else f"{len(found):,} different ones"
    asked = Section(f"{prefix}what was asked", said.notes if said else [], facts)
    run = (said.configuration if said else problem.configurations[0]).runs[0]
    title = f"{prefix}one run of the answer: run {run.name}" if said else f"{prefix}one run: run {run.name}"
    of_run = run_section(open_run(run.folder), f"{key}-run", title)
    if len(problem.runs) == 1:  # nothing to compare it with
        return [asked, *of_run]
    together = consensus(problem.runs)
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
    return [asked, compared, agreed, *of_run]


def _name_of(problem: Problem) -> str:
    tables = dict.fromkeys(Path(one.settings.get("dataset.path", "")).stem for one in problem.configurations)
    return next(iter(tables)) or problem.info.name


def _dataset_facts(info: DatasetInfo, name: str) -> dict[str, str]:
    facts = {"data set": name, "task": info.task, "inputs": _inputs(info)}
    if info.class_names:
        facts["classes"] = f"{len(info.class_names):,}"
    return facts


def _inputs(info: DatasetInfo) -> str:
    if info.is_image:
        height, width = info.feature_shape
        return f"{info.n_features:,} ({height} x {width} pixels)"
    return f"{info.n_features:,}" + (f" {info.unit}s" if info.unit != "value" else "")


def _asked_of_run(files: RunFiles) -> dict[str, str]:
    info = read_or_warn(Section(""), files, DATASET, lambda: files.dataset)  # the next section warns
    facts = _dataset_facts(info, info.name) if info else {}
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
