"""`members=N` and `members.KEY=[...]`: a sweep whose jobs are trained as one batch of networks, in short."""

from collections.abc import Sequence

from spectral_exp.cli.composition import read_command
from spectral_exp.errors import UserError

COUNT, KEY, SEED = "members=", "members.", "seed="
SHORT = {"strength": "regularization.strength", "lr": "optimizer.lr"}
EXAMPLE = "such as members=32, or members.strength=[1e-3,1e-2] members.seed=8"


def members_arguments(argv: Sequence[str]) -> list[str]:
    """Write `members` out as a sweep with `hydra/launcher=members`.

    Args:
        argv: the arguments behind the program's name.

    Returns:
        The same arguments if they ask for no members.

    Raises:
        UserError: if what is asked for is neither a number nor a list.

    Example:
        >>> members_arguments(["members.strength=[1e-3,1e-2]", "members.seed=8", "dataset=mnist"])
        ['-m', 'dataset=mnist', 'regularization.strength=1e-3,1e-2', 'seed=range(0,8)', 'hydra/launcher=members']
    """
    command = read_command(argv)
    asked = [text for text in command.overrides if text.startswith((COUNT, KEY))] if command else []
    if command is None or not asked:
        return list(argv)
    others = [text for text in command.overrides if text not in asked]
    options = [text for text in argv if text not in command.overrides]
    start = next((text[len(SEED) :] for text in others if text.startswith(SEED)), "0")
    swept = [_as_sweep(text, start) for text in asked]
    keys = {text.partition("=")[0] for text in swept}
    others = [text for text in others if text.partition("=")[0] not in keys]
    multirun = [] if command.is_multirun else ["-m"]
    launcher = [] if any(text.startswith("hydra/launcher=") for text in others) else ["hydra/launcher=members"]
    return [*multirun, *options, *others, *swept, *launcher]


def _as_sweep(text: str, first_seed: str) -> str:
    key, _, value = text.partition("=")
    key = key[len(KEY) :] or "seed"
    if key == "seed" and value.isdecimal() and int(value) > 0 and first_seed.isdecimal():
        return f"seed=range({first_seed},{int(first_seed) + int(value)})"
    if not (value.startswith("[") and value.endswith("]") and len(value) > 2):
        raise UserError(f"{text}: members is a number of seeds >= 1, and members.KEY a list, {EXAMPLE}")
    return f"{SHORT.get(key, key)}={value[1:-1]}"
