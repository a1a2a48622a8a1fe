"""The process of a job, with all that it starts: one group, ended as one."""

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType, TracebackType

from typing_extensions import Self

from spectral_exp.tracking.run_folder import LOG

SECONDS_TO_STOP = 15.0  # for the current step, the record of the state, and W&B
SECONDS_BETWEEN_LOOKS = 0.1


class JobProcess:
    """A job that runs; what it prints goes to `log.txt` in its folder.

    Args:
        command: its command line.
        folder: the job's folder, made if need be.
        environment: its environment variables.

    Raises:
        OSError: if the folder cannot be made, or the program cannot be started.
    """

    def __init__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / LOG).open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,  # a group of its own; Ctrl-C comes to us alone
            )

    def exit_code(self) -> int | None:
        """Look whether the process has ended; whatever it started ends with it.

        Returns:
            Its exit code, negative for a signal; None while it runs.
        """
        code = self._process.poll()
        if code is not None:
            self.send(signal.SIGKILL)
        return code

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process and all that it started.

        Args:
            number: the signal.
        """
        with suppress(ProcessLookupError, PermissionError):  # there is nobody any more
            os.killpg(self._process.pid, number)


class Interrupts:
    """Counts requests to end: Ctrl-C, SIGTERM, a terminal that is closed; what was set to be ignored stays so.

    An exception, as Python raises it at Ctrl-C, could come between the start of a job and the note of it, and leave
    the job behind. So whoever runs jobs asks here, between two looks at them.
    """

    def __init__(self) -> None:
        self.n = 0

    def __enter__(self) -> Self:
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        heard = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]  # nohup ignores one
        self._before = {number: signal.signal(number, self._count) for number in heard}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def raise_if_any(self) -> None:
        """End what runs, if somebody has asked for it.

        Raises:
            KeyboardInterrupt: if so.
        """
        if self.n:
            raise KeyboardInterrupt

    def _count(self, _number: int, _frame: FrameType | None) -> None:
        self.n += 1


def stop(processes: Iterable[JobProcess], interrupts: Interrupts) -> None:
    """Stop jobs as Ctrl-C would stop a run, so that they can be resumed; kill those that do not listen.

    Args:
        processes: jobs that run.
        interrupts: one more of them kills at once.
    """
    running = list(processes)
    n_before, latest = interrupts.n, time.monotonic() + SECONDS_TO_STOP
    for process in running:
        process.send(signal.SIGINT)
    while any(process.exit_code() is None for process in running):
        if interrupts.n > n_before or time.monotonic() > latest:
            for process in running:
                process.send(signal.SIGKILL)
        time.sleep(SECONDS_BETWEEN_LOOKS)
