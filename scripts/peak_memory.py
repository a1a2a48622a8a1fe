"""Run a command and watch how much memory it takes, on Linux."""

import re
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path


def run_watched(command: Sequence[str]) -> tuple[float, float]:
    """Run a command to its end.

    Args:
        command: program and arguments; what it prints is thrown away, unless it fails.

    Returns:
        The peak of its anonymous memory in MiB, sampled 20 times a second (pages of files, which the system takes
        back when it needs them, are not in it), and its CPU seconds.
    """
    peak = cpu = 0.0
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
            ticks = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        except (FileNotFoundError, ProcessLookupError):
            break
        found = re.search(r"RssAnon:\s+(\d+)", status)
        peak = max(peak, int(found[1]) / 1024 if found else 0.0)
        cpu = sum(map(int, ticks)) / 100
        time.sleep(0.05)
    errors = process.communicate()[1]
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{errors}")
    return peak, cpu
