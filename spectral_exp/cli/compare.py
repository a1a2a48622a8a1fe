"""`spectral-compare`: rank the inputs by several methods on equal terms, and score the rankings."""

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spectral_exp.cli.composition import read_command
from spectral_exp.cli.config_path import config_dir, register_user_configs, version_base
from spectral_exp.cli.ending import print_help, report_error
from spectral_exp.cli.help import COMPARE_TEMPLATE, METHODS, help_text
from spectral_exp.cli.overrides import check_overrides
from spectral_exp.cli.resume import resume_comparison_arguments
from spectral_exp.errors import UserError
from spectral_exp.tracking.comparison_folder import COMPARISON
from spectral_exp.tracking.run_folder import read_json

if TYPE_CHECKING:
    from omegaconf import DictConfig

CONFIG_NAME = "compare"
# Of the comparison alone; everything else on the command line is about the trainings.
OWN_KEYS = (METHODS, "k", "seeds", "fractions", "judge_epochs", "time_limit", "n_threads", "hydra")
ONE_DATA_SET = "a comparison is of one data set; start one command for each"
OF_HYDRA = {".hydra", "compare.log"}  # what lies in a folder before the comparison begins
PROGRAM = (sys.executable, "-m", "spectral_exp.cli.compare_method")


@dataclass
class Outcome:
    """What became of the comparison.

    Attributes:
        folder: of the comparison.
        error: what ended it.
    """

    folder: Path | None = None
    error: BaseException | None = None


def main() -> None:
    """Run `spectral-compare` and leave with 0, 1 (it failed), 2 (bad input) or 130 (interrupted)."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        print_help(help_text(sys.argv[1:], COMPARE_TEMPLATE))
        return
    with_traceback = os.environ.get("HYDRA_FULL_ERROR") == "1"
    outcome = Outcome()
    try:
        register_user_configs()
        sys.argv[1:] = resume_comparison_arguments(sys.argv[1:])
        _refuse_other_uses(sys.argv[1:])
        check_overrides(sys.argv[1:], config_dir(), CONFIG_NAME, can_sweep=False)
        os.environ["HYDRA_FULL_ERROR"] = "1"  # errors come to us instead of Hydra's own reports
        _hydra_main(outcome)
    except (Exception, KeyboardInterrupt) as error:
        outcome.error = outcome.error or error
    if outcome.error is not None:
        folder = outcome.folder
        is_begun = folder is not None and (folder / COMPARISON).is_file()
        go_on = f"spectral-compare resume={os.path.relpath(folder)}" if folder and is_begun else ""
        if folder and not is_begun and isinstance(outcome.error, UserError):
            _remove_unused(folder)
        sys.exit(report_error(outcome.error, go_on, with_traceback))


def training_overrides(overrides: Sequence[str]) -> list[str]:
    """Leave out what is about the comparison, not about its trainings.

    Values get a `++`: a part that a method puts in the place of another may not have them.

    Args:
        overrides: of `spectral-compare`.

    Returns:
        Overrides of `spectral-train`.

    Example:
        >>> training_overrides(["dataset=digits", "k=[5]", "attribution.lrp.n_rows=9", "optimizer.lr=0.1"])
        ['dataset=digits', '++optimizer.lr=0.1']
    """
    shared = [text for text in overrides if _key(text).partition(".")[0].partition("/")[0] not in OWN_KEYS]
    return [f"++{text.lstrip('+')}" if _is_value(text) else text for text in shared]


def _is_value(text: str) -> bool:
    return "." in _key(text) and not {"/", "@", "~"} & set(text.partition("=")[0])


def _key(text: str) -> str:
    return text.lstrip("+~").partition("=")[0]


def _refuse_other_uses(argv: Sequence[str]) -> None:
    command = read_command(argv)
    if command is None:
        return
    if command.is_multirun:
        raise UserError(f"-m: {ONE_DATA_SET}, or write a list as k=[10,50]")
    if command.config_path or command.config_name:
        raise UserError("--config-path, --config-name: the configs of a comparison are ours; add yours by --config-dir")
    for text in command.overrides:
        if _key(text) == "dataset" and "," in text:
            raise UserError(f"{text}: {ONE_DATA_SET}")
        if _key(text) == "seed":
            raise UserError(f"{text}: a comparison has several; write seeds=[{text.partition('=')[2]}]")


def _hydra_main(outcome: Outcome) -> None:
    import hydra

    @hydra.main(config_path=config_dir(), config_name=CONFIG_NAME, **version_base())
    def compare_methods(config: "DictConfig") -> None:
        from hydra.core.hydra_config import HydraConfig
        from omegaconf import OmegaConf

        outcome.folder = Path(HydraConfig.get().runtime.output_dir)
        overrides = OmegaConf.to_container(HydraConfig.get().overrides.task)  # as written: ${seed} differs by cell
        assert isinstance(overrides, list)
        try:
            _compare(config, outcome.folder, overrides)
        except (Exception, KeyboardInterrupt) as error:
            outcome.error = error

    compare_methods()


def _compare(config: "DictConfig", folder: Path, overrides: list[str]) -> None:
    from spectral_exp.cli.compose import compose_config
    from spectral_exp.comparison.compare import compare
    from spectral_exp.comparison.own_values import tell_own_values

    command = read_command(sys.argv[1:])
    user_dirs = command.user_dirs if command else []
    search = (
        [f"hydra.searchpath=[{','.join(f'file://{Path(one).resolve()}' for one in user_dirs)}]"] if user_dirs else []
    )
    shared = [*training_overrides(overrides), *search]
    tell_own_values(config, shared, lambda of_method: compose_config([*shared, *of_method]))
    earlier = read_json(folder / COMPARISON)
    again = compose_config([*earlier["overrides"], *search], CONFIG_NAME) if earlier else None
    try:
        compare(config, folder, overrides, shared, PROGRAM, again)
    finally:
        if (folder / COMPARISON).is_file():
            _write_results(folder)


def _remove_unused(folder: Path) -> None:
    """Remove the folder that Hydra has made for a comparison that is refused; nothing that holds more."""
    if {path.name for path in folder.iterdir()} <= OF_HYDRA:
        shutil.rmtree(folder)


def _write_results(folder: Path) -> None:
    from spectral_exp.report.comparison import Comparison
    from spectral_exp.report.comparison_files import write_comparison
    from spectral_exp.report.comparison_table import print_comparison

    comparison = Comparison(folder)
    write_comparison(comparison)
    print_comparison(comparison)


if __name__ == "__main__":
    main()
