"""The command line of a job: a single run of the program that runs the sweep."""

import sys
from collections.abc import Sequence
from pathlib import Path

from spectral_exp.sweep.job import Job, can_go_on

MODULE = "spectral_exp.cli.train"
SCRIPT = "spectral-train"
# About the sweep, not about its jobs.
_OF_SWEEP = ("hydra.mode", "hydra.run", "hydra.sweep", "hydra/sweep", "hydra.launcher", "hydra/launcher")


def program(started_as: str) -> list[str]:
    """Say how to start `spectral-train` again.

    Args:
        started_as: the program's name, `sys.argv[0]`.

    Returns:
        The start of a command line: the console script if that is what runs, else its module.
    """
    script = Path(started_as)
    if script.name == SCRIPT and script.is_file():
        return [sys.executable, str(script.resolve())]
    return [sys.executable, "-m", MODULE]


def job_command(start: Sequence[str], job: Job, sweep_folder: Path, hydra_overrides: Sequence[str] = ()) -> list[str]:
    """Write the command line of a job.

    A job that was started before goes on where it stopped.

    Args:
        start: the program, and the options that it was started with, such as --config-dir.
        job: the job.
        sweep_folder: the folder of the sweep, by which its jobs are grouped on dashboards.
        hydra_overrides: Hydra's own settings of the sweep; those about jobs are kept.

    Returns:
        The command line.

    Example:
        >>> job_command(["spectral-train"], Job(3, ("seed=1",), Path("/a/3")), Path("/a"), ["hydra.verbose=true"])
        ... # doctest: +NORMALIZE_WHITESPACE
        ['spectral-train', 'seed=1', "hydra.run.dir='/a/3'", 'hydra.verbose=true', "hydra.sweep.dir='/a'",
         'hydra.mode=RUN', 'hydra.job.num=3']
    """
    asked = [f"resume='{job.folder}'"] if can_go_on(job) else [*job.overrides, f"hydra.run.dir='{job.folder}'"]
    kept = [text for text in hydra_overrides if not text.lstrip("+~").startswith(_OF_SWEEP)]
    about_job = [f"hydra.sweep.dir='{sweep_folder}'", "hydra.mode=RUN", f"hydra.job.num={job.number}"]
    return [*start, *asked, *kept, *about_job]
