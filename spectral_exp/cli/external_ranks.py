"""A run whose processes were started by torchrun or by Slurm's srun: one folder for all, in which the first writes."""

import os
from collections.abc import Mapping, Sequence

from spectral_exp.cli.composition import read_command
from spectral_exp.errors import UserError

FOLDER = "hydra.run.dir="
# What Hydra itself would write, or say, once per process.
SILENT = (
    "hydra.output_subdir=null",
    "hydra.job_logging.root.handlers=[console]",
    "~hydra.job_logging.handlers.file",
    "hydra.job_logging.root.level=WARNING",
)


def rank_arguments(argv: Sequence[str], environment: Mapping[str, str] = os.environ) -> list[str]:
    """Add to the arguments of one of several processes what makes them one run.

    The folder's usual name holds the time of the start, which each process would read off its own clock.

    Args:
        argv: the arguments behind the program's name.
        environment: environment variables.

    Returns:
        The arguments; as they are if nobody has started several processes.

    Raises:
        UserError: if a sweep is asked for, or there is no name to share.
    """
    command = read_command(argv)
    rank = _rank(environment)
    if command is None or rank is None:
        return list(argv)
    if command.is_multirun:
        raise UserError("-m: a sweep starts its jobs itself; leave torchrun or srun out, or sweep with submitit")
    folder = [] if any(text.startswith(FOLDER) for text in command.overrides) else [_folder(environment)]
    return [*argv, *folder, *(SILENT if rank else ())]


def _rank(environment: Mapping[str, str]) -> int | None:
    if "TORCHELASTIC_RUN_ID" in environment and int(environment.get("WORLD_SIZE", 1)) > 1:
        return int(environment["RANK"])
    if int(environment.get("SLURM_STEP_NUM_TASKS", 1)) > 1:
        return int(environment["SLURM_PROCID"])
    return None


def _folder(environment: Mapping[str, str]) -> str:
    run_id = environment.get("TORCHELASTIC_RUN_ID")
    if run_id is None:  # a job that is requeued keeps its number, and so its folder
        name = f"slurm_{environment['SLURM_JOB_ID']}_{environment['SLURM_STEP_ID']}"
    elif run_id == "none":
        raise UserError("the processes need a run folder to share: give torchrun --rdzv-id=NAME, or add hydra.run.dir=")
    else:
        name = f"torchrun_{run_id}"
    return f"{FOLDER}${{outputs}}/runs/${{name}}/{name}"
