"""Stop work that takes too long."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class TimeLimitError(RuntimeError):
    """Work took longer than it may."""


@contextmanager
def time_limit(seconds: float | None, what: str) -> Iterator[None]:
    """Raise once work has taken too long.

    The alarm is a signal to Python: a library's compiled code is stopped when it returns, not within. Only the main
    thread of a process can set it, and there is one at a time.

    Args:
        seconds: wall time; None for no limit.
        what: the work, named in the message.

    Yields:
        Nothing; what runs inside is limited.

    Raises:
        TimeLimitError: inside the work, when its time is over.
        ValueError: if the limit is not positive.

    Example:
        >>> with time_limit(0.01, "the sleep"):
        ...     signal.pause()
        Traceback (most recent call last):
        spectral_exp.attribution.time_limit.TimeLimitError: the sleep took longer than 0.01 s
    """
    if seconds is None:
        yield
        return
    if not seconds > 0:
        raise ValueError(f"time_limit must be > 0, got {seconds}")

    def stop(signum: int, frame: object) -> None:
        raise TimeLimitError(f"{what} took longer than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
