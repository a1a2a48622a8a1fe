"""`resume=RUN`: the command line of an earlier run, with what is new behind it."""

import json
from collections.abc import Sequence
from pathlib import Path

from spectral_exp.cli.composition import read_command
from spectral_exp.errors import UserError
from spectral_exp.tracking.run_folder import CONFIG, STATUS

KEY = "resume="


def resume_arguments(argv: Sequence[str]) -> list[str]:
    """Turn `resume=RUN` into the arguments that go on in that run's folder.

    Args:
        argv: the arguments behind the program's name.

    Returns:
        The same arguments if none is `resume=`; else those of the run, then the others given now.

    Raises:
        UserError: if RUN is no run folder or was tampered with, or -m is given too.
    """
    command = read_command(argv)
    asked = [text for text in command.overrides if text.startswith(KEY)] if command else []
    if command is None or not asked or asked[-1] in (KEY + "null", KEY):
        return list(argv)
    given = asked[-1][len(KEY) :].strip("'\"")
    folder = Path(given).expanduser().absolute()
    if not (folder / CONFIG).is_file() or not (folder / STATUS).is_file():
        raise UserError(f"resume={given}: not a run folder (no {CONFIG} and {STATUS} in it)")
    if command.is_multirun:
        raise UserError("resume= goes on with one run; leave out -m")
    options = [argument for argument in argv if argument not in command.overrides]
    earlier = json.loads((folder / STATUS).read_text(encoding="utf-8"))["overrides"]
    for text in earlier:
        if text.startswith("-") or text.lstrip("+~").startswith("hydra"):  # no run writes these: Hydra would obey them
            raise UserError(f"{folder / STATUS}: {text!r} is no setting of a run; was the file changed?")
    overrides = [text for text in [*earlier, *command.overrides] if not text.startswith(KEY)]
    return [*options, *overrides, f"resume='{folder}'", f"hydra.run.dir='{folder}'"]
