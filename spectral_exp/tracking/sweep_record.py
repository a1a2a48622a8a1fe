"""What is known about a sweep beside its jobs' own folders: what was asked for, and how every job ended.

A job that is killed, or whose disk is full, cannot say so itself; the process that started it writes it here.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from spectral_exp.errors import UserError
from spectral_exp.tracking.run_folder import SWEEP_RECORD, write_json


@dataclass
class JobRecord:
    """One job.

    Attributes:
        job: name of its folder.
        overrides: what it was asked for.
        state: `waiting`, `running`, `done`, `failed`, `killed`, `interrupted` or `pruned`.
        error: one line that says why it is not done.
    """

    job: str
    overrides: list[str]
    state: str = "waiting"
    error: str | None = None


@dataclass
class SweepRecord:
    """One sweep.

    Attributes:
        overrides: what the sweep was asked for, Hydra's own settings included.
        jobs: its jobs by the name of their folder, in the order of their numbers.
    """

    overrides: list[str]
    jobs: dict[str, JobRecord] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write the record into the sweep's folder.

        Args:
            folder: the folder of the sweep.
        """
        jobs = [asdict(job) for job in self.jobs.values()]
        write_json(folder / SWEEP_RECORD, {"overrides": self.overrides, "jobs": jobs})


def read_sweep_record(folder: Path) -> SweepRecord | None:
    """Read what is known about a sweep.

    Args:
        folder: the folder of the sweep.

    Returns:
        The record, or None if nothing was recorded, as by Hydra's basic launcher.

    Raises:
        UserError: if the file is not whole.
    """
    path = folder / SWEEP_RECORD
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        jobs = [JobRecord(**job) for job in content["jobs"]]
        return SweepRecord(list(map(str, content["overrides"])), {job.job: job for job in jobs})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} cannot be read ({error}); it was edited or cut short: remove it") from error
