"""The folder of a sweep, fixed once: Hydra would work it out anew, and differently, for every job."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from spectral_exp.cli.composition import read_command
from spectral_exp.errors import UserError

FOLDER = "hydra.sweep.dir="
NAMED_BY = ("dataset=", "experiment=", "name=")  # the last of these that is given names the sweep


def sweep_folder_arguments(argv: Sequence[str]) -> list[str]:
    """Add the folder to the arguments of a sweep that names none.

    Args:
        argv: the arguments behind the program's name.

    Returns:
        The arguments, with `hydra.sweep.dir=` if they ask for a sweep.

    Example:
        >>> sweep_folder_arguments(["seed=0"])
        ['seed=0']
    """
    command = read_command(argv)
    if command is None or not command.is_multirun or any(text.startswith(FOLDER) for text in command.overrides):
        return list(argv)
    name = "sweep"
    for key in NAMED_BY:
        for value in (text[len(key) :] for text in command.overrides if text.startswith(key)):
            name = "sweep" if set(value) & set(",()*") else value.rpartition("/")[2]
    outputs = next((text[len("outputs=") :] for text in command.overrides if text.startswith("outputs=")), "outputs")
    options = [argument for argument in argv if argument not in command.overrides]
    folder = f"{FOLDER}'{outputs}/sweeps/{name}/{datetime.now():%Y-%m-%d_%H-%M-%S-%f}'"
    return [*options, *command.overrides, folder]


def sweep_folder(argv: Sequence[str]) -> Path | None:
    """Read the folder of the sweep that the arguments ask for.

    Args:
        argv: the arguments behind the program's name, with `hydra.sweep.dir=` if they ask for a sweep.

    Returns:
        Its absolute path; None if they ask for a single run.

    Raises:
        UserError: if the folder would be worked out anew for every job.
    """
    command = read_command(argv)
    given = [text for text in command.overrides if text.startswith(FOLDER)] if command else []
    if command is None or not command.is_multirun or not given:
        return None
    folder = given[-1][len(FOLDER) :].strip("'\"")
    if "${" in folder:
        raise UserError(f"{given[-1]}: all jobs share the sweep's folder; give it without ${{}}")
    return Path(folder).absolute()
