"""`spectral-train`: train, rank the inputs, and leave a run folder."""

import os
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spectral_exp.cli.config_path import config_dir, register_user_configs, version_base
from spectral_exp.cli.help import help_text
from spectral_exp.cli.overrides import check_overrides
from spectral_exp.cli.resume import resume_arguments
from spectral_exp.cli.sweep_folder import sweep_folder_arguments
from spectral_exp.errors import UserError

if TYPE_CHECKING:
    from omegaconf import DictConfig

CONFIG_NAME = "train"
EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130


@dataclass
class Outcome:
    """What became of the jobs of this process."""

    folder: Path | None = None
    error: BaseException | None = None
    sweep: Path | None = None


def main() -> None:
    """Run `spectral-train` and leave with 0, 1 (a run failed), 2 (bad input) or 130 (interrupted)."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        try:
            print(help_text(sys.argv[1:]), flush=True)
        except BrokenPipeError:  # the reader, such as `head`, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    with_traceback = os.environ.get("HYDRA_FULL_ERROR") == "1"
    outcome = Outcome()
    try:
        register_user_configs()
        sys.argv[1:] = resume_arguments(sys.argv[1:])
        check_overrides(sys.argv[1:], config_dir(), CONFIG_NAME)
        sys.argv[1:] = sweep_folder_arguments(sys.argv[1:])
        os.environ["HYDRA_FULL_ERROR"] = "1"  # errors come to us instead of Hydra's own reports
        _hydra_main(outcome)
    except OSError as error:
        cannot = f"{error.filename}: the run folder cannot be made ({error.strerror}); name another with outputs=FOLDER"
        outcome.error = outcome.error or (error if outcome.folder else UserError(cannot))
    except Exception as error:
        outcome.error = outcome.error or error
    except KeyboardInterrupt as error:
        outcome.error = error
    if outcome.sweep is not None:
        _close_sweep(outcome.sweep)
    if outcome.error is not None:
        sys.exit(_report(outcome.error, outcome.folder, with_traceback))


def _hydra_main(outcome: Outcome) -> None:
    import hydra

    @hydra.main(config_path=config_dir(), config_name=CONFIG_NAME, **version_base())
    def train(config: "DictConfig") -> dict[str, Any] | None:
        from hydra.core.hydra_config import HydraConfig
        from hydra.types import RunMode

        hydra_config = HydraConfig.get()
        folder = outcome.folder = Path(hydra_config.runtime.output_dir)
        is_sweep = hydra_config.mode == RunMode.MULTIRUN
        if is_sweep:
            outcome.sweep = Path(hydra_config.sweep.dir).absolute()
        try:
            return _train(config, folder, list(hydra_config.overrides.task), is_sweep)
        except (Exception, KeyboardInterrupt) as error:
            outcome.error = outcome.error or error
            if not isinstance(error, UserError):
                (folder / "traceback.txt").write_text(traceback.format_exc(), encoding="utf-8")
            if is_sweep or isinstance(error, KeyboardInterrupt):
                raise
            return None

    train()


def _train(config: "DictConfig", folder: Path, overrides: list[str], is_sweep: bool) -> dict[str, Any]:
    from spectral_exp.report.figures import draw_figures
    from spectral_exp.report.summary import print_summary
    from spectral_exp.run import run
    from spectral_exp.tracking.status import is_first_process

    metrics = run(config, folder, overrides)
    if is_first_process():
        draw_figures(folder)
        if not is_sweep:
            print_summary(folder)
    return metrics


def _close_sweep(folder: Path) -> None:
    from spectral_exp.report.sweep import print_sweep, write_sweep_table

    write_sweep_table(folder)
    print_sweep(folder)


def _report(error: BaseException, folder: Path | None, with_traceback: bool) -> int:
    """Say what went wrong in one line; give the exit code."""
    if with_traceback:
        traceback.print_exception(error)
    if isinstance(error, KeyboardInterrupt):
        go_on = f"; go on with: spectral-train resume={os.path.relpath(folder)}" if folder else ""
        print(f"Interrupted{go_on}", file=sys.stderr)
        return EXIT_INTERRUPTED
    line = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, UserError):
        print(f"Error: {line}", file=sys.stderr)
        return EXIT_USAGE
    print(f"Failed: {line} (HYDRA_FULL_ERROR=1 shows the stack trace)", file=sys.stderr)
    return EXIT_FAILED


if __name__ == "__main__":
    main()
