"""How much memory a piece of work takes at its peak."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CLEAR = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")
_RESET_PEAK = "5"


class PeakMemory:
    """What was found.

    Attributes:
        n_bytes: resident memory at the peak over that at the start, of this process; None where the system cannot
            tell.
    """

    n_bytes: int | None = None


@contextmanager
def peak_memory() -> Iterator[PeakMemory]:
    """Measure how far the resident memory of this process rises above where it starts.

    Linux keeps the peak itself and resets it on request, so this costs nothing and sees all libraries, which
    tracemalloc does not. Memory that the process had from before and uses again is not seen: it is a lower bound.
    Memory of accelerators and of child processes does not count.

    Yields:
        The result, filled in at the end.
    """
    result = PeakMemory()
    try:
        _CLEAR.write_text(_RESET_PEAK)
        start = _kibibytes("VmRSS")
    except OSError:
        yield result
        return
    yield result
    result.n_bytes = max(_kibibytes("VmHWM") - start, 0) * 1024


def _kibibytes(name: str) -> int:
    lines = _STATUS.read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
