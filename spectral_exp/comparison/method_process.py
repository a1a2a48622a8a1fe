"""One method in a process of its own, ended when a ranking takes too long."""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from spectral_exp.comparison.settings import ComparisonSettings
from spectral_exp.sweep.job_process import SECONDS_BETWEEN_LOOKS, Interrupts, JobProcess, stop
from spectral_exp.sweep.resources import THREADS
from spectral_exp.tracking.comparison_folder import CELLS, COST, TIMED_OUT, cell_folder, state_of
from spectral_exp.tracking.run_folder import STATUS
from spectral_exp.tracking.status import describe_exit, record_end


def run_method(
    program: Sequence[str], folder: Path, method: str, settings: ComparisonSettings, interrupts: Interrupts
) -> None:
    """Rank with one method for all seeds, and score; what becomes of it stands in the folders of its seeds.

    A seed whose ranking is not there after the time limit ends the process; its later seeds are not tried.

    Args:
        program: what ranks with one method; the folder and the method are added.
        folder: of the comparison.
        method: name of the method, or `NET`.
        settings: of the comparison.
        interrupts: requests to end.

    Raises:
        KeyboardInterrupt: if there was one; the process is gone by then.
    """
    environment = {**os.environ, THREADS: str(settings.n_threads)}
    cells = [cell_folder(folder, method, seed) for seed in settings.seeds]
    for cell in cells:
        if state_of(cell)[0] == "running":  # an earlier start was killed
            record_end(cell, "interrupted", None)
    process = JobProcess([*program, str(folder), method], folder / CELLS / method, environment)
    try:
        while (code := process.exit_code()) is None:
            interrupts.raise_if_any()
            late = next((cell for cell in cells if _is_late(cell, settings.time_limit)), None)
            if late is not None:
                _kill(process)
                _record_late(cells[cells.index(late) :], settings.time_limit)
                return
            time.sleep(SECONDS_BETWEEN_LOOKS)
    except KeyboardInterrupt:
        stop([process], interrupts)
        raise
    finally:
        _kill(process)
    for cell in cells:
        if state_of(cell)[0] in ("running", "waiting"):  # it died without a word
            record_end(cell, "failed", describe_exit(code))


def _is_late(cell: Path, limit: float) -> bool:
    if (cell / COST).is_file() or state_of(cell)[0] != "running":
        return False
    return time.time() - (cell / STATUS).stat().st_mtime > limit


def _kill(process: JobProcess) -> None:
    while process.exit_code() is None:
        process.send(signal.SIGKILL)
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _record_late(cells: Sequence[Path], limit: float) -> None:
    record_end(cells[0], TIMED_OUT, f"no ranking after time_limit={limit:g} s")
    for cell in cells[1:]:
        if not (cell / COST).is_file():
            record_end(cell, TIMED_OUT, f"not tried: {cells[0].name} reached time_limit={limit:g} s")
