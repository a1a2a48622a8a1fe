"""What a machine has for the jobs of a sweep: cores, memory, devices."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence

THREADS = "OMP_NUM_THREADS"
DEVICES = "CUDA_VISIBLE_DEVICES"
GIBIBYTES_PER_JOB = 2  # PyTorch alone takes half of one


def find_devices() -> list[str]:
    """Name the GPUs that jobs may use, without PyTorch, whose import takes seconds.

    Returns:
        What goes into CUDA_VISIBLE_DEVICES for each of them; none without a driver.
    """
    visible = os.environ.get(DEVICES)
    if visible is not None:
        return [name.strip() for name in visible.split(",") if name.strip() not in ("", "-1")]
    if shutil.which("nvidia-smi") is None:
        return []
    listed = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True, check=False)
    n_devices = sum(line.startswith("GPU ") for line in listed.stdout.splitlines())
    return [str(index) for index in range(n_devices)]


def n_cores() -> int:
    """Count the cores that this process may use.

    Returns:
        At least 1.
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def default_n_jobs(devices: Sequence[str]) -> int:
    """Choose how many jobs run at a time: one per GPU, else one per core, as far as memory goes.

    Args:
        devices: the GPUs.

    Returns:
        At least 1.
    """
    if devices:
        return len(devices)
    gibibytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return max(1, min(n_cores(), int(gibibytes / GIBIBYTES_PER_JOB)))


def choose_devices(devices: Sequence[str], used: Sequence[str], n: int) -> list[str]:
    """Choose the devices of the next job: those that fewest jobs use.

    Args:
        devices: all of them.
        used: those of the jobs that run, once per job.
        n: how many the job needs.

    Returns:
        Names of devices, `n` of them if there are as many.

    Example:
        >>> choose_devices(["0", "1", "2"], used=["0", "2", "0"], n=2)
        ['1', '2']
    """
    return sorted(devices, key=used.count)[:n]


def job_environment(n_jobs: int, devices: Sequence[str]) -> dict[str, str]:
    """Make the environment variables of a job.

    Args:
        n_jobs: how many run at a time; they share the cores, unless OMP_NUM_THREADS says otherwise.
        devices: the GPUs that it may use; none: as this process.

    Returns:
        All variables.
    """
    environment: Mapping[str, str] = os.environ
    if n_jobs > 1:
        environment = {THREADS: str(max(1, n_cores() // n_jobs)), **environment}
    return {**environment, DEVICES: ",".join(devices)} if devices else dict(environment)
