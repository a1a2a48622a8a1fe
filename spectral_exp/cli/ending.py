"""How a command ends: one line on stderr and an exit code."""

import os
import sys
import traceback
from collections.abc import Callable

from spectral_exp.errors import PrunedError, UnfinishedSweepError, UserError

EXIT_PRUNED, EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 0, 1, 2, 130


def report_error(error: BaseException, go_on: str, with_traceback: bool) -> int:
    """Say in one line what went wrong.

    Args:
        error: what ended the command.
        go_on: the command that goes on where this one stopped; empty if there is none.
        with_traceback: whether the stack trace is shown too.

    Returns:
        The exit code: 0 (pruned), 1 (failed), 2 (bad input) or 130 (interrupted).
    """
    clause = f"; go on with: {go_on}" if go_on else ""
    if with_traceback:
        traceback.print_exception(error)
    if isinstance(error, KeyboardInterrupt):
        print(f"Interrupted{clause}", file=sys.stderr)
        return EXIT_INTERRUPTED
    line = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, UserError):
        print(f"Error: {line}", file=sys.stderr)
        return EXIT_USAGE
    if isinstance(error, PrunedError):  # as its sweep asked for
        print(f"Pruned: {line}", file=sys.stderr)
        return EXIT_PRUNED
    if isinstance(error, UnfinishedSweepError):
        print(f"Failed: {line}{clause}", file=sys.stderr)
        return EXIT_FAILED
    print(f"Failed: {line} (HYDRA_FULL_ERROR=1 shows the stack trace)", file=sys.stderr)
    return EXIT_FAILED


def run_command(name: str, act: Callable[[], None]) -> int:
    """Do what a command does, and say in one line what went wrong.

    Args:
        name: of the command.
        act: what it does.

    Returns:
        The exit code: 0, 1 (a file cannot be read or written), 2 (bad input) or 130 (interrupted).
    """
    try:
        act()
        sys.stdout.flush()
    except UserError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return EXIT_USAGE
    except BrokenPipeError:
        _close_stdout()
    except OSError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    return 0


def print_help(text: str) -> None:
    """Print a help text, to a reader who may have seen enough of it.

    Args:
        text: the text.
    """
    try:
        print(text, flush=True)
    except BrokenPipeError:
        _close_stdout()


def _close_stdout() -> None:
    # The reader, such as `head`, has seen enough; the interpreter must not flush into the closed pipe at its end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
