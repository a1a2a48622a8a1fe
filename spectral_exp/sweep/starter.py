"""How a job is started: with which command, environment and devices."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from spectral_exp.sweep.command import job_command
from spectral_exp.sweep.job import Job
from spectral_exp.sweep.job_process import JobProcess
from spectral_exp.sweep.resources import choose_devices, job_environment


@dataclass
class Starter:
    """Starts the jobs of a sweep.

    Attributes:
        program: the program, and the options that it was started with, such as --config-dir.
        sweep_folder: the folder of the sweep.
        hydra_overrides: Hydra's own settings on the command line.
        n_jobs: how many jobs run at a time.
        devices: the GPUs, shared out among them; none: jobs see what this process sees.
        n_devices: tells how many of the devices a job needs.
    """

    program: Sequence[str]
    sweep_folder: Path
    hydra_overrides: Sequence[str]
    n_jobs: int
    devices: Sequence[str]
    n_devices: Callable[[Job], int]
    _used: dict[Job, list[str]] = field(default_factory=dict, init=False)

    def start(self, job: Job) -> JobProcess:
        """Start a job, on the devices that fewest jobs use.

        Args:
            job: the job.

        Returns:
            Its process.

        Raises:
            OSError: if its folder cannot be made, or the program cannot be started.
        """
        devices: list[str] = []
        if self.devices:
            used = [device for of_job in self._used.values() for device in of_job]
            devices = choose_devices(self.devices, used, self.n_devices(job))
        command = job_command(self.program, job, self.sweep_folder, self.hydra_overrides)
        process = JobProcess(command, job.folder, job_environment(self.n_jobs, devices))
        self._used[job] = devices
        return process

    def release(self, job: Job) -> None:
        """Give the devices of a job back.

        Args:
            job: a job that has ended.
        """
        self._used.pop(job, None)
