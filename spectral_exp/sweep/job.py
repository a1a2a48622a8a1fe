"""One job of a sweep: what its folder says about it, before it starts and after it has ended."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spectral_exp.errors import UserError
from spectral_exp.tracking.run_folder import CONFIG, LOG, METRICS, STATUS, read_json
from spectral_exp.tracking.status import describe_exit, record_end

FINISHED = ("done", "pruned")  # of these states nothing is left to do
N_BYTES_OF_LOG = 4096  # the reason is at its end


@dataclass(frozen=True)
class Job:
    """One run of a sweep.

    Attributes:
        number: its number in the sweep, from 0.
        overrides: what it is asked for.
        folder: its run folder, an absolute path.
    """

    number: int
    overrides: tuple[str, ...]
    folder: Path


@dataclass(frozen=True)
class JobEnd:
    """How a job ended.

    Attributes:
        state: `done`, or why not: `failed`, `killed`, `interrupted`, `pruned`, or `waiting` if it was never started.
        error: one line that says why it is not done.
        metrics: the final metrics of a job that is done.
    """

    state: str
    error: str | None = None
    metrics: dict[str, Any] = field(default_factory=dict)


def end_before_start(job: Job) -> JobEnd | None:
    """Tell whether a job is finished already, from an earlier start of its sweep.

    Args:
        job: the job.

    Returns:
        Its end, or None if it has to run.

    Raises:
        UserError: if the folder is another job's, or the job still runs.
    """
    status = _read(job.folder / STATUS)
    if not status:
        return None
    earlier = [text for text in status.get("overrides", ()) if not text.startswith("resume=")]
    if "overrides" in status and earlier != list(job.overrides):
        raise UserError(
            f"{job.folder} holds another job ({_shown(earlier)}) than the {_shown(job.overrides)} of this sweep; "
            "name another folder with hydra.sweep.dir=FOLDER"
        )
    if status.get("state") == "running" and _still_runs(job, status):
        raise UserError(f"{job.folder} still runs, as process {status['pid']}; wait for it, or end it")
    if status.get("state") == "pruned":
        return JobEnd("pruned", status.get("error"))
    metrics = _read(job.folder / METRICS)
    return JobEnd("done", metrics=metrics) if status.get("state") == "done" and metrics else None


def end_so_far(job: Job) -> JobEnd:
    """Tell what a job's folder says of it, whoever runs it.

    Args:
        job: the job.

    Returns:
        Its end; of a job that has not ended, the state `running` or `waiting`.
    """
    status = _read(job.folder / STATUS)
    return end_before_start(job) or JobEnd(status.get("state") or "waiting", status.get("error"))


def can_go_on(job: Job) -> bool:
    """Tell whether an unfinished job was started before, so that `resume=` goes on with it.

    Args:
        job: the job.

    Returns:
        True if its folder is a run folder.
    """
    return (job.folder / CONFIG).is_file() and "overrides" in _read(job.folder / STATUS)


def end_after_exit(job: Job, exit_code: int) -> JobEnd:
    """Find out how a job ended, and complete its status if it could not do so itself.

    Args:
        job: a job whose process is gone.
        exit_code: of the process; that of a signal is negative.

    Returns:
        Its end.
    """
    status = _read(job.folder / STATUS)
    state, error = status.get("state"), status.get("error")
    if exit_code == 0 and state == "done":
        return JobEnd("done", metrics=_read(job.folder / METRICS))
    if exit_code >= 0 and state in ("failed", "interrupted", "pruned"):
        return JobEnd(state, error)
    if exit_code < 0:
        end = JobEnd("killed", describe_exit(exit_code))
    else:
        end = JobEnd("failed", _last_line(job.folder / LOG) or describe_exit(exit_code))
    return mark_end(job, end)


def mark_end(job: Job, end: JobEnd) -> JobEnd:
    """Write into a job's folder how it ended.

    Args:
        job: a job whose process is gone.
        end: how it ended.

    Returns:
        The end; if its folder takes no more, with that as the reason.
    """
    try:
        record_end(job.folder, end.state, end.error)
    except OSError as error:
        if os.strerror(error.errno or 0) not in (end.error or ""):
            return JobEnd(end.state, f"{type(error).__name__}: {error}; {end.error}")
    return end


def _read(path: Path) -> dict[str, Any]:
    try:
        return read_json(path)
    except UserError:
        return {}


def _still_runs(job: Job, status: dict[str, Any]) -> bool:
    if status.get("host") != platform.node():
        return False
    try:
        command = Path(f"/proc/{status['pid']}/cmdline").read_bytes()
    except (OSError, KeyError):  # it is gone, or this system does not say
        return False
    return os.fsencode(job.folder) in command


def _last_line(log: Path) -> str:
    # what the command line says at its end, without its frame
    try:
        with log.open("rb") as file:
            file.seek(max(log.stat().st_size - N_BYTES_OF_LOG, 0))
            lines = file.read().decode(errors="replace").strip().splitlines()
    except OSError:
        return ""
    line = lines[-1] if lines else ""
    return line.removeprefix("Failed: ").removeprefix("Error: ").partition(" (HYDRA_FULL_ERROR")[0].strip()


def _shown(overrides: Sequence[str]) -> str:
    return " ".join(overrides) or "defaults"
