"""The state of a run, in its folder: running, done, failed, interrupted, killed or pruned."""

import functools
import os
import platform
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from spectral_exp.errors import PrunedError, UserError
from spectral_exp.tracking.run_folder import STATUS, read_json, write_json

PACKAGES = ("spectral_exp", "torch", "pytorch-lightning", "hydra-core", "omegaconf", "torchmetrics", "numpy")


def is_first_process() -> bool:
    """Tell whether this is the one that writes, of the processes that train together.

    Returns:
        True in a run of a single process, and in the first one of several.
    """
    from pytorch_lightning.utilities import rank_zero_only

    return bool(getattr(rank_zero_only, "rank", 0) == 0)


@contextmanager
def recorded_status(folder: Path, overrides: list[str]) -> Iterator[None]:
    """Keep `status.json` true while a run goes on.

    A run that is killed leaves `running` behind, with its process id and host; whoever started it may know more
    and say so with `record_end`.

    Args:
        folder: the run folder.
        overrides: what was asked for on the command line.

    Yields:
        Nothing; the run goes on inside.
    """
    started = time.time()
    earlier = read_json(folder / STATUS).get("overrides")
    status: dict[str, Any] = {
        "state": "running",
        "started": _iso(started),
        "overrides": overrides,
        "host": platform.node(),
        "pid": os.getpid(),
        "python": platform.python_version(),
        "versions": versions(),
        "git_revision": _git_revision(),
        "error": None,
    }
    write_json(folder / STATUS, status)
    try:
        yield
    except BaseException as error:
        interrupted = isinstance(error, (KeyboardInterrupt, SystemExit))
        status["state"] = "interrupted" if interrupted else "failed"
        status["error"] = None if interrupted else f"{type(error).__name__}: {' '.join(str(error).split())}"
        if isinstance(error, PrunedError):
            status |= {"state": "pruned", "error": str(error)}
        if isinstance(error, UserError) and earlier is not None:
            status["overrides"] = earlier  # a resume that could not start must not spoil the next one
        raise
    else:
        status["state"] = "done"
    finally:
        status["finished"] = _iso(time.time())
        status["seconds"] = round(time.time() - started, 3)
        write_json(folder / STATUS, status)


def record_end(folder: Path, state: str, error: str | None) -> None:
    """Complete the status of a run that ended without saying so itself.

    Args:
        folder: the run folder.
        state: `killed`, `failed` or `interrupted`.
        error: one line that says why.

    Raises:
        OSError: if the status cannot be written.
    """
    try:
        status = read_json(folder / STATUS)
    except UserError:  # it died while that was written
        status = {}
    write_json(folder / STATUS, {**status, "state": state, "error": error, "finished": _iso(time.time())})


def describe_exit(code: int) -> str:
    """Put the end of a process that said nothing itself into words.

    Args:
        code: its exit code, negative for a signal.

    Returns:
        The words.

    Example:
        >>> describe_exit(-9), describe_exit(3)
        ('killed by SIGKILL (by hand, or because memory ran out)', 'ended with exit code 3 and without a word')
    """
    if code >= 0:
        return f"ended with exit code {code} and without a word"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"killed by {name}" + " (by hand, or because memory ran out)" * (name == "SIGKILL")


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="seconds")


@functools.cache
def versions(packages: tuple[str, ...] = PACKAGES) -> dict[str, str]:
    """Look up the versions of packages.

    Args:
        packages: their names.

    Returns:
        Version by name, of those that are installed.
    """
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # run from a bare checkout
            continue
    return found


@functools.cache
def _git_revision() -> str | None:
    """The revision of the user's working folder, `-dirty` with uncommitted changes; None outside git."""
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return described.stdout.strip()
