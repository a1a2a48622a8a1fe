"""What the page says of how runs came about."""

from __future__ import annotations

import shlex
from pathlib import Path

from spectral_exp.errors import UserError
from spectral_exp.report.page.section import Section
from spectral_exp.report.run_files import RunFiles
from spectral_exp.tracking.run_folder import CONFIG


def command_of(files: RunFiles) -> str:
    """Say what a run was started by.

    Args:
        files: of the run.

    Returns:
        The command; empty if the run's status cannot be read.
    """
    try:
        overrides = files.status.get("overrides")
    except UserError:
        return ""
    words = [str(text) for text in overrides] if isinstance(overrides, list) else []
    return shlex.join(["spectral-train", *words])


def sweep_command(path: Path, shown: RunFiles) -> str:
    """Say what a folder of runs was started by.

    Args:
        path: the folder.
        shown: one of the runs, in place of the sweep if that left no record.

    Returns:
        The command.
    """
    from omegaconf import OmegaConf

    try:
        task = OmegaConf.load(path / "multirun.yaml").hydra.overrides.task
        return shlex.join(["spectral-train", "-m", *map(str, task)])
    except Exception:  # Hydra's record of the sweep: absent in other folders, and not ours to trust
        return command_of(shown)


def how_it_was_made(files: RunFiles, command: str) -> Section:
    """Tell command, versions and configuration of a run.

    Args:
        files: of the run.
        command: the one to copy; empty if there is none.

    Returns:
        The section.
    """
    section = Section("How it was made", commands=[command] if command else [])
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
