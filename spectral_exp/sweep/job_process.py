"""The process of a job, with all that it starts: one group, ended as one."""

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

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

    def wait(self) -> int:
        """Wait for the end.

        Returns:
            The exit code.
        """
        self._process.wait()
        return self.exit_code() or 0


def stop(processes: Iterable[JobProcess]) -> None:
    """Stop jobs as Ctrl-C would stop a run, so that they can be resumed; kill those that do not listen.

    A second Ctrl-C kills at once.

    Args:
        processes: jobs that run.
    """
    running = list(processes)
    try:
        for process in running:
            process.send(signal.SIGINT)
        latest = time.monotonic() + SECONDS_TO_STOP
        while time.monotonic() < latest and any(process.exit_code() is None for process in running):
            time.sleep(SECONDS_BETWEEN_LOOKS)
    finally:
        for process in running:
            process.send(signal.SIGKILL)
            process.wait()


@contextmanager
def termination_as_interrupt() -> Iterator[None]:
    """Let a request to end, or a terminal that is closed, do what Ctrl-C does: else jobs would be left behind.

    Yields:
        Nothing; what runs inside gets a KeyboardInterrupt.
    """

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
